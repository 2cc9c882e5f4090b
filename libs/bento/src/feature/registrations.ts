import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { ServiceClass } from 'bentonest/serving';

/** What forFeature calls registered in this process, for messages about what nobody registered. */
export const registeredServices = new Set<ServiceClass>();
export const registeredRunners = new Set<string>();

/** The service behind each generated controller: an application serves those whose it has. */
export const controlledServices = new WeakMap<Type, ServiceClass>();

export function servedServices(modules: ModulesContainer): readonly ServiceClass[] {
  return [...modules.values()]
    .flatMap(({ controllers }) => [...controllers.keys()])
    .flatMap((controller) => controlledServices.get(controller as Type) ?? []);
}
