import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Config } from 'bentonest/config';
import { ServiceConfigurationError } from 'bentonest/errors';
import { getDecoratedServices } from 'bentonest/serving';
import type { ServiceClass } from 'bentonest/serving';
import { BENTO_OPTIONS } from '../bento.tokens.js';
import type { BentoOptions } from '../bento.options.js';
import { registeredServices, servedServices } from './registrations.js';
import { refuseUnknownSettings } from './service-settings.js';

/** Fails the start when this application serves neither a decorated service nor a class derived from it. */
@Injectable()
export class ServiceAudit implements OnModuleInit {
  constructor(
    @Inject(BENTO_OPTIONS) private readonly options: BentoOptions,
    private readonly modules: ModulesContainer,
    private readonly config: Config,
  ) {
    const roots = [...modules.values()].flatMap(({ providers }) => [...providers.keys()]);
    if (roots.filter((token) => token === ServiceAudit).length < 2) return;
    throw new ServiceConfigurationError(
      'BentoModule.forRoot() is imported twice. Import it once, in the application module.',
    );
  }

  onModuleInit(): void {
    const served = servedServices(this.modules);
    refuseUnknownSettings(served, this.config.values);
    if (this.options.unregisteredServices === 'ignore') return;
    for (const service of getDecoratedServices().keys()) {
      if (served.some((each) => isOrExtends(each, service))) continue;
      throw new ServiceConfigurationError(describe(service));
    }
  }
}

function isOrExtends(service: ServiceClass, base: ServiceClass): boolean {
  return service === base || service.prototype instanceof base;
}

function describe(service: ServiceClass): string {
  const { name } = service;
  const ignore = "or set forRoot({ unregisteredServices: 'ignore' })";
  return registeredServices.has(service)
    ? `${name} is a @BentoService of a BentoModule.forFeature() that the application does not import, so nothing serves it. Import the module that has it, ${ignore}.`
    : `${name} is a @BentoService that no module registers, so nothing serves it. Add it to BentoModule.forFeature({ services: [${name}] }), ${ignore}.`;
}
