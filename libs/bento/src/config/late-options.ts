import { ServiceConfigurationError } from 'bentonest/errors';
import type { BentoExtras, BentoOptions } from '../bento.options.js';

/** Parts that are there or not. */
const PARTS = ['metrics', 'health', 'logging', 'tracing', 'docs'] as const;

/**
 * What decides which controllers and providers there are cannot come from a factory, which is asked when
 * they are there already: metrics, and whether there is another part at all.
 *
 * @param given names of the options that were given beside a factory, or to forRoot.
 * @throws ServiceConfigurationError naming the option.
 */
export function refuseLateOptions(
  options: BentoOptions & BentoExtras,
  given: readonly string[],
): void {
  const late = PARTS.find(
    (part) =>
      !given.includes(part) &&
      (part === 'metrics' ? options.metrics !== undefined : options[part] === false),
  );
  if (late === undefined) return;
  const value = late === 'metrics' ? '…' : 'false';
  throw new ServiceConfigurationError(
    `The factory of BentoModule.forRootAsync gave ${late}${late === 'metrics' ? '' : ': false'}, which is needed before it is asked. Write it beside useFactory: forRootAsync({ ${late}: ${value}, useFactory }), or set it in bentonest.yaml.`,
    { details: { option: late } },
  );
}
