import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ServiceConfigurationError } from 'bentonest/errors';
import { getDecoratedServices } from 'bentonest/serving';
import type { ServiceClass } from 'bentonest/serving';
import { BENTO_OPTIONS } from '../bento.tokens.js';
import type { BentoOptions } from '../bento.options.js';
import { registeredServices } from './registrations.js';

/** Fails the start when a decorated service, or a class derived from it, is in no forFeature. */
@Injectable()
export class ServiceAudit implements OnModuleInit {
  constructor(
    @Inject(BENTO_OPTIONS) private readonly options: BentoOptions,
    modules: ModulesContainer,
  ) {
    const roots = [...modules.values()].flatMap(({ providers }) => [...providers.keys()]);
    if (roots.filter((token) => token === ServiceAudit).length < 2) return;
    throw new ServiceConfigurationError(
      'BentoModule.forRoot() is imported twice. Import it once, in the application module.',
    );
  }

  onModuleInit(): void {
    if (this.options.unregisteredServices === 'ignore') return;
    for (const service of getDecoratedServices().keys()) {
      if (isRegistered(service)) continue;
      throw new ServiceConfigurationError(
        `${service.name} is a @BentoService that no module registers, so nothing serves it. Add it to BentoModule.forFeature({ services: [${service.name}] }), or set forRoot({ unregisteredServices: 'ignore' }).`,
      );
    }
  }
}

function isRegistered(service: ServiceClass): boolean {
  if (registeredServices.has(service)) return true;
  return [...registeredServices].some((each) => each.prototype instanceof service);
}
