import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { ModelStore } from 'bentonest/model-store';
import { MOUNT_SURROUNDINGS } from 'bentonest/mount';
import { ObserveModule } from 'bentonest/observe';
import { RUNNER_SHARING, RunnerRegistry } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { DocsModule, MountedRequests, ServingModule } from 'bentonest/serving';
import type { BentoExtras, BentoOptions } from './bento.options.js';
import { BENTO_OPTIONS } from './bento.tokens.js';
import { ServiceAudit } from './feature/service-audit.js';

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<BentoOptions>({ optionsInjectionToken: BENTO_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<BentoExtras>(
      {},
      (definition, { metrics, health, tracing, docs, shutdownGraceMs }) => ({
        ...definition,
        global: true,
        imports: [
          ...(definition.imports ?? []),
          ServingModule.register({ shutdownGraceMs }),
          ObserveModule.register({ metrics, health, tracing }),
          DocsModule.register({ docs }),
        ],
      }),
    )
    .build();

/** One per application: the Fastify preparation, the runners' life cycle, health and metrics. */
@Module({
  providers: [
    {
      provide: RunnerRegistry,
      inject: [BENTO_OPTIONS, { token: RUNNER_SHARING, optional: true }],
      useFactory: (options: BentoOptions, sharing?: RunnerSharing) =>
        new RunnerRegistry(options, sharing),
    },
    { provide: ModelStore, useFactory: () => new ModelStore() },
    // The one seam between mounts and serving, which know nothing of each other.
    { provide: MOUNT_SURROUNDINGS, useExisting: MountedRequests },
    ServiceAudit,
  ],
  exports: [RunnerRegistry, ModelStore, DocsModule],
})
export class BentoRootModule extends ConfigurableModuleClass {}
