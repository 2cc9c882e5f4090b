import { Injectable } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { ServiceConfigurationError } from 'bentonest/errors';
import { checkLimits } from './check-limits.js';

/** Options of {@link BentoService}. */
export interface BentoServiceOptions {
  /**
   * Name of the service: in logs, metrics and the API document. Lower-case letters, digits, `.`, `_`
   * and `-`, at most 63.
   *
   * @default the class's name in snake_case
   */
  name?: string;
  /** Version of the service, a label of its metrics. @default '' */
  version?: string;
  /** `timeoutMs` of those of its `@Api` methods that have none of their own. @default the server's */
  timeoutMs?: number;
  /**
   * Most runs of its `@Api` methods at a time, all of them together, in each process of the server.
   * Further requests are answered 429 with Retry-After.
   *
   * @default no limit
   */
  maxConcurrency?: number;
}

export interface ServiceMetadata extends Pick<BentoServiceOptions, 'timeoutMs' | 'maxConcurrency'> {
  readonly name: string;
  readonly version: string;
}

export type ServiceClass = abstract new (...args: never) => object;

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const services = new Map<ServiceClass, ServiceMetadata>();

/**
 * Marks an injectable class as a service. `BentoModule.forFeature({ services: [X] })` registers it as
 * a provider and serves its `@Api` methods.
 *
 * @throws ServiceConfigurationError for a name or a limit that is none.
 * @example
 * @BentoService({ name: 'iris_classifier' })
 * export class IrisClassifier { … }
 */
export function BentoService(options: BentoServiceOptions = {}): ClassDecorator {
  return (target) => {
    const service = target as unknown as ServiceClass;
    const { name = toSnakeCase(service.name), version = '', ...limits } = options;
    if (!NAME.test(name)) {
      throw new ServiceConfigurationError(
        `Service ${service.name} has the name "${name}"; expected lower-case letters, digits, ".", "_" or "-", at most 63. Set @BentoService({ name }).`,
      );
    }
    checkLimits(`@BentoService of ${service.name}`, limits);
    services.set(service, { ...limits, name, version });
    // The user's own @Injectable may carry a scope, above or below this decorator.
    if (!isInjectable(service)) Injectable()(target);
  };
}

/** What the decorator recorded for exactly this class. */
export function getServiceMetadata(service: ServiceClass): ServiceMetadata | undefined {
  return services.get(service);
}

/** Every class that was decorated in this process. */
export function getDecoratedServices(): ReadonlyMap<ServiceClass, ServiceMetadata> {
  return services;
}

function isInjectable(service: ServiceClass): boolean {
  return Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, service);
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();
}
