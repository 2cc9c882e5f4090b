import type { ObserveOptions } from 'bentonest/observe';
import type { RunnerRegistryOptions } from 'bentonest/runner';

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

/** What decides which routes there are; beside the options of `forRoot`, and of `forRootAsync`. */
export type BentoExtras = ObserveOptions;
