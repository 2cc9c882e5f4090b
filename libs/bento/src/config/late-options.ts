import { ServiceConfigurationError } from 'bentonest/errors';
import type { BentoOptions } from '../bento.options.js';

/** Names of the options that were given beside a factory, or to forRoot. */
export const GIVEN_OPTIONS = Symbol('bentonest.given-options');

const FROM_FACTORY: readonly string[] = [
  'startup',
  'unregisteredServices',
] satisfies (keyof BentoOptions)[];

/**
 * What decides which controllers and hooks there are cannot come from a factory, which is asked when they
 * are there already.
 *
 * @throws ServiceConfigurationError naming the option.
 */
export function refuseLateOptions(options: BentoOptions, given: readonly string[]): void {
  const late = Object.keys(options).find(
    (key) => !FROM_FACTORY.includes(key) && !given.includes(key),
  );
  if (late === undefined) return;
  throw new ServiceConfigurationError(
    `The factory of BentoModule.forRootAsync gave ${late}, which is needed before it is asked. Write it beside useFactory: forRootAsync({ ${late}: …, useFactory }), or set it in bentonest.yaml.`,
    { details: { option: late } },
  );
}
