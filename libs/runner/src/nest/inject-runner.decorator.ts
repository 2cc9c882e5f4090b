import { Inject } from '@nestjs/common';
import { getRunnerToken } from './runner.tokens.js';

/** A constructor parameter or property that wants a runner. */
export interface RunnerInjection {
  readonly runner: string;
  /** The property, or undefined for a constructor parameter. */
  readonly property: string | symbol | undefined;
  readonly parameterIndex: number | undefined;
}

const injections = new WeakMap<object, RunnerInjection[]>();

/**
 * Injects the handle of a runner that a module registered under this name.
 *
 * @example
 * constructor(@InjectRunner('iris_clf') private readonly irisClf: Runner) {}
 */
export function InjectRunner(name: string): ParameterDecorator & PropertyDecorator {
  const inject = Inject(getRunnerToken(name)) as ParameterDecorator;
  return (target: object, key: string | symbol | undefined, index?: number) => {
    const owner = typeof index === 'number' ? target : target.constructor;
    const others = injections.get(owner) ?? [];
    const injection = { runner: name, property: key, parameterIndex: index };
    injections.set(owner, [...others, injection]);
    inject(target, key, index as number);
  };
}

/** The runners that a class injects, its parents' included. */
export function getRunnerInjections(owner: object): readonly RunnerInjection[] {
  const parent = Object.getPrototypeOf(owner) as object | null;
  const inherited = parent === null ? [] : getRunnerInjections(parent);
  return [...inherited, ...(injections.get(owner) ?? [])];
}
