import type { ServiceClass } from 'bentonest/serving';

/** What forFeature calls registered in this process, for messages about what nobody registered. */
export const registeredServices = new Set<ServiceClass>();
export const registeredRunners = new Set<string>();
