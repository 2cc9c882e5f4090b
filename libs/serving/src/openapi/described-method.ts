import type { ApiRoute } from '../api-route.js';
import type { ApiMetadata } from '../api.decorator.js';
import type { ServiceClass } from '../bento-service.decorator.js';

/** A method of a service, and the handler that the generated controller has for it. */
export interface DescribedMethod {
  readonly service: ServiceClass;
  readonly name: string;
  readonly api: ApiMetadata;
  readonly handler: object;
  readonly route: ApiRoute;
}
