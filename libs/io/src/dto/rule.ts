import * as classValidator from 'class-validator';
import type { ValidationArguments, ValidatorConstraintInterface } from 'class-validator';
import type { ConstraintMetadata } from 'class-validator/types/metadata/ConstraintMetadata.js';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { inlineRule } from './inline-rule.js';

/** One rule of a field, as source text over a variable and the rule's own constant. */
export interface Rule {
  readonly name: string;
  /** Holds for each element of a list, or for the value where it is none. */
  readonly each: boolean;
  /** What the source calls `constant`: a bound, a list, or class-validator's own check. */
  readonly constant: unknown;
  /** Source of an expression that is true where the rule holds; it may be stricter, never laxer. */
  readonly source: (value: string, constant: string) => string;
  /** Whether only primitive values can pass. */
  readonly takesPrimitives: boolean;
}

/** Names of class-validator's own rules: it exports each as a constant, `IS_EMAIL`. */
const BUILT_IN = new Set(
  Object.entries(classValidator).flatMap(([constant, name]) =>
    typeof name === 'string' && constant === constant.toUpperCase() ? [name] : [],
  ),
);

/**
 * The rule behind a decorator of class-validator's own: inline where it is a hot one, else a call of
 * the decorator's check. Undefined for rules of others, which may be asynchronous or read the object.
 */
export function toRule(metadata: ValidationMetadata): Rule | undefined {
  const constraints = classValidator
    .getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls);
  const [constraint] = constraints as (ConstraintMetadata | undefined)[];
  if (constraint === undefined || constraints.length > 1 || constraint.async) return undefined;
  if (!BUILT_IN.has(constraint.name)) return undefined;
  const each = metadata.each ?? false;
  const check = toCheck(constraint.instance, metadata);
  const inline = inlineRule(constraint.name, metadata.constraints ?? [], check);
  if (inline !== undefined) return { name: constraint.name, each, ...inline };
  return {
    name: constraint.name,
    each,
    constant: check,
    source: (value, constant) => `${constant}(${value}) === true`,
    takesPrimitives: false,
  };
}

function toCheck(
  validator: ValidatorConstraintInterface,
  { constraints, propertyName, target }: ValidationMetadata,
): (value: unknown) => unknown {
  // A rule of the same name that somebody else made may ask for more; class-validator then decides.
  const refuse = (): never => {
    throw new TypeError('Only class-validator gives the object to a rule.');
  };
  const args: ValidationArguments = {
    constraints,
    property: propertyName,
    targetName: typeof target === 'string' ? target : target.name,
    get object() {
      return refuse();
    },
    get value() {
      return refuse();
    },
  };
  return (value) => validator.validate(value, args);
}
