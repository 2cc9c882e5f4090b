export { Api } from './api.decorator.js';
export type { ApiOptions } from './api.decorator.js';
export {
  BentoService,
  getDecoratedServices,
  getServiceMetadata,
} from './bento-service.decorator.js';
export type {
  BentoServiceOptions,
  ServiceClass,
  ServiceMetadata,
} from './bento-service.decorator.js';
export { createController } from './controller/create-controller.js';
export { BentoErrorFilter } from './errors/bento-error.filter.js';
export type { ErrorBody } from './errors/bento-error.filter.js';
export { REQUEST_CHANNEL } from './serving.channels.js';
export type { RequestEvent, RouteInfo } from './serving.channels.js';
export { ServingModule } from './serving.module.js';
export type { ServingOptions } from './serving.module.js';
