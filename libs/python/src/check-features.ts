import type { ArgumentCheck } from 'bentonest/runner';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { FeatureCountError } from './python.errors.js';

/** What the worker tells of its model: what it was fitted on, where it knows that. */
export interface SklearnMetadata {
  readonly features: number | null;
  readonly featureNames: readonly string[] | null;
}

/**
 * Checks the features of a call before it is batched, in the API process: a neighbour must not pay for
 * a call that does not fit. What follows the features, say a flag of the method, is not looked at.
 */
export function createFeatureCheck(metadata: unknown): ArgumentCheck {
  const model = metadata as SklearnMetadata;
  return (method, args) => {
    if (args.length === 0) {
      throw new FeatureCountError(
        `Expected ${describe(model)} as the argument of "${method.name}", got none.`,
      );
    }
    checkFeatures(args[0], model);
    return args;
  };
}

function checkFeatures(arg: unknown, model: SklearnMetadata): void {
  if (arg instanceof DataFrame) {
    checkColumns(arg, model);
  } else if (arg instanceof NdArray) {
    checkShape(arg.shape, model);
  } else {
    const got = Array.isArray(arg) ? 'a list' : `a value of type ${typeof arg}`;
    throw new FeatureCountError(
      `Expected ${describe(model)}, got ${got}. Use NdArray.from(…) or DataFrame.from(…).`,
    );
  }
}

/** By name where the model knows its names: then their order does not matter. */
function checkColumns(frame: DataFrame, model: SklearnMetadata): void {
  const { names } = frame;
  if (model.featureNames === null) {
    checkShape(frame.shape, model);
    return;
  }
  const missing = model.featureNames.filter((name) => !names.includes(name));
  const unknown = names.filter((name) => !model.featureNames?.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  throw new FeatureCountError(
    `Expected a DataFrame with the columns ${model.featureNames.join(', ')}, as the model was fitted on, got ${names.join(', ') || 'no columns'}.`,
    { details: { expected: model.featureNames, got: names } },
  );
}

/** Models that take texts, for one, do not tell a number: then any array is the model's own affair. */
function checkShape(shape: readonly number[], model: SklearnMetadata): void {
  const { features } = model;
  if (features === null || (shape.length === 2 && shape[1] === features)) return;
  throw new FeatureCountError(
    `Expected ${describe(model)}, as the model was fitted on, got [${shape.join(', ')}].`,
    { details: { expected: [null, features], got: shape } },
  );
}

function describe({ features }: SklearnMetadata): string {
  return features === null ? 'an array' : `an array of shape [rows, ${features}]`;
}
