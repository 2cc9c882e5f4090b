import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { getServiceMetadata } from '../bento-service.decorator.js';
import type { ServiceClass } from '../bento-service.decorator.js';

/** What a service class may do in the life of its deployment. Each may be async, and is awaited. */
export interface ServiceLifeCycle {
  /**
   * Once per deployment, before any process serves; what it throws stops the start. In a server of
   * several processes it runs in the one that owns the workers, whose instances serve nothing.
   */
  onDeployment?(): unknown;
  /** Once in each process that serves, before it takes requests; what it throws stops the start. */
  onStartup?(): unknown;
  /** Once in each process that served, when its last request has been answered, or cut off by the end of the grace period. */
  onShutdown?(): unknown;
}

/** Calls the hooks of all services. */
@Injectable()
export class ServiceHooks implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly modules: ModulesContainer,
    @Optional() @Inject(RUNNER_SHARING) private readonly sharing?: RunnerSharing,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const role = this.sharing?.role;
    if (role !== 'caller') await this.callAll('onDeployment');
    if (role !== 'owner') await this.callAll('onStartup');
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.sharing?.role !== 'owner') await this.callAll('onShutdown');
  }

  private async callAll(hook: keyof ServiceLifeCycle): Promise<void> {
    await Promise.all([...this.services()].map((service) => service[hook]?.()));
  }

  private services(): ReadonlySet<ServiceLifeCycle> {
    const providers = [...this.modules.values()].flatMap((module) => [
      ...module.providers.values(),
    ]);
    return new Set(
      providers.flatMap(({ metatype, instance, isNotMetatype }) => {
        if (isNotMetatype || typeof metatype !== 'function' || !instance) return [];
        return getServiceMetadata(metatype as ServiceClass) === undefined ? [] : [instance];
      }),
    );
  }
}
