import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { Config } from 'bentonest/config';
import { ModelStore } from 'bentonest/model-store';
import { MOUNT_SURROUNDINGS } from 'bentonest/mount';
import { ObserveModule } from 'bentonest/observe';
import { RUNNER_SHARING, RunnerRegistry } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { DocsModule, MountedRequests, ServingModule } from 'bentonest/serving';
import type { BentoExtras, BentoOptions } from './bento.options.js';
import { BENTO_OPTIONS } from './bento.tokens.js';
import { applyConfig } from './config/apply-config.js';
import { readConfig } from './config/read-config.js';
import { GIVEN_OPTIONS, refuseLateOptions } from './config/late-options.js';
import { ConfigLog } from './config/config-log.js';
import { ServiceAudit } from './feature/service-audit.js';

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<BentoOptions>({ optionsInjectionToken: BENTO_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<BentoExtras>({}, (definition, extras) => {
      const config = readConfig();
      const { serving, observe, docs } = applyConfig(extras, config.values);
      return {
        ...definition,
        global: true,
        imports: [
          ...(definition.imports ?? []),
          ServingModule.register(serving),
          ObserveModule.register(observe),
          DocsModule.register(docs),
        ],
        providers: [
          ...(definition.providers ?? []),
          { provide: Config, useFactory: () => config.orThrow() },
          { provide: GIVEN_OPTIONS, useValue: Object.keys(extras) },
        ],
      };
    })
    .build();

/** One per application: the Fastify preparation, the runners' life cycle, health and metrics. */
@Module({
  providers: [
    {
      provide: RunnerRegistry,
      inject: [BENTO_OPTIONS, GIVEN_OPTIONS, Config, { token: RUNNER_SHARING, optional: true }],
      useFactory: (
        options: BentoOptions,
        given: readonly string[],
        { values }: Config,
        sharing?: RunnerSharing,
      ) => {
        refuseLateOptions(options, given);
        return new RunnerRegistry({ ...options, overrides: values.runners }, sharing);
      },
    },
    { provide: ModelStore, useFactory: () => new ModelStore() },
    // The one seam between mounts and serving, which know nothing of each other.
    { provide: MOUNT_SURROUNDINGS, useExisting: MountedRequests },
    ServiceAudit,
    ConfigLog,
  ],
  exports: [Config, RunnerRegistry, ModelStore, DocsModule, ObserveModule, ServingModule],
})
export class BentoRootModule extends ConfigurableModuleClass {}
