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

/** Options that are given as they are, beside those of `forRoot` and of `forRootAsync`. */
export type BentoExtras = ObserveOptions & ServingOptions & DocsModuleOptions;
