import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { Config } from 'bentonest/config';
import { ModelStore } from 'bentonest/model-store';
import { MOUNT_SURROUNDINGS } from 'bentonest/mount';
import { ObserveModule } from 'bentonest/observe';
import { RUNNER_SHARING, RunnerRegistry } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { DocsModule, MountedRequests, ServingModule } from 'bentonest/serving';
import type { BentoExtras, BentoOptions } from './bento.options.js';
import { BENTO_OPTIONS, CODE_OPTIONS, MODULE_OPTIONS } from './bento.tokens.js';
import { applyConfig } from './config/apply-config.js';
import type { ModuleOptions } from './config/apply-config.js';
import { readConfig } from './config/read-config.js';
import { refuseLateOptions } from './config/late-options.js';
import { ConfigLog } from './config/config-log.js';
import { ServiceAudit } from './feature/service-audit.js';

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<BentoOptions & BentoExtras>({
    optionsInjectionToken: BENTO_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setExtras<BentoExtras>({}, (definition, extras) => {
      const config = readConfig();
      // Which controllers and hooks there are is known before any factory is asked.
      const { observe, docs } = applyConfig(extras, config.values);
      return {
        ...definition,
        global: true,
        imports: [
          ...(definition.imports ?? []),
          ServingModule.register(optionsFor('serving')),
          ObserveModule.register(observe, optionsFor('observe')),
          DocsModule.register(optionsFor('docs'), docs.docs !== false),
        ],
        providers: [
          ...(definition.providers ?? []),
          { provide: Config, useFactory: () => config.orThrow() },
          {
            provide: CODE_OPTIONS,
            inject: [BENTO_OPTIONS],
            useFactory: (options: BentoOptions & BentoExtras): BentoExtras => {
              refuseLateOptions(options, Object.keys(extras));
              return { ...extras, ...options };
            },
          },
          {
            provide: MODULE_OPTIONS,
            inject: [CODE_OPTIONS, Config],
            useFactory: (code: BentoExtras, { values }: Config) => applyConfig(code, values),
          },
        ],
        exports: [...(definition.exports ?? []), MODULE_OPTIONS],
      };
    })
    .build();

function optionsFor<Module extends keyof ModuleOptions>(module: Module) {
  const useFactory = (options: ModuleOptions): ModuleOptions[Module] => options[module];
  return { inject: [MODULE_OPTIONS], useFactory };
}

/** One per application: the Fastify preparation, the runners' life cycle, health and metrics. */
@Module({
  providers: [
    {
      provide: RunnerRegistry,
      inject: [BENTO_OPTIONS, Config, { token: RUNNER_SHARING, optional: true }],
      useFactory: (options: BentoOptions, { values }: Config, sharing?: RunnerSharing) =>
        new RunnerRegistry({ ...options, overrides: values.runners }, sharing),
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
