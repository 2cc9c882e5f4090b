import type { ObserveOptions } from 'bentonest/observe';
import type { RunnerRegistryOptions } from 'bentonest/runner';
import type { DocsModuleOptions, ServingOptions } from 'bentonest/serving';

/** Options of `BentoModule.forRoot` and `forRootAsync`. */
export interface BentoOptions extends RunnerRegistryOptions {
  /**
   * What happens at start when a class was decorated with `@BentoService` and no forFeature that the
   * application imports lists it: it would answer nothing, and nobody would know why.
   *
   * @default 'error'
   */
  unregisteredServices?: 'error' | 'ignore';
}

/**
 * More options of `forRoot` and `forRootAsync`. A factory may give them, too, but for `metrics`, and for
 * `false` in the place of a part: those decide which controllers there are before it is asked.
 */
export type BentoExtras = ObserveOptions & ServingOptions & DocsModuleOptions;
