export { Api } from './api.decorator.js';
export type { ApiOptions, DescriptorsByName } from './api.decorator.js';
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
export { Context, ContextRequest, ContextResponse } from './context/context.js';
export { Ctx } from './context/ctx.decorator.js';
export {
  createController,
  getApiNames,
  getDecoratedSettings,
} from './controller/create-controller.js';
export type { ServiceSettings } from './controller/create-controller.js';
export { BentoErrorFilter } from './errors/bento-error.filter.js';
export type { ErrorBody } from './errors/error-body.js';
export { frameworkErrors } from './errors/framework-errors.js';
export { RouteMethods } from './errors/route-methods.js';
export {
  ApiTimeoutError,
  InvalidHostError,
  MethodNotAllowedError,
  ServerOverloadedError,
  TooManyRequestsError,
  UnsupportedEncodingError,
} from './errors/serving.errors.js';
export { STATUS_ERROR_CODES } from './errors/status-codes.js';
export { ClosingState } from './http/closing-state.js';
export { addressesOf, handConnectionsTo } from './http/addresses.js';
export { ENDING_SIGNALS, FAREWELL_MS, LAST_HOOKS_MS } from './http/ending.js';
export { formatHost, hasOneHost, hostOf, parseHost, pathOf, withoutOrigin } from './http/host.js';
export type { Host, TargetedRequest } from './http/host.js';
export { SecondSignal } from './http/second-signal.js';
export { ServerLife } from './http/server-life.js';
export { countOf, noteCount } from './http/request-count.js';
export type { RequestCount } from './http/request-count.js';
export { traceRequest, traceOf } from './http/request-trace.js';
export type { RequestTrace } from './http/request-trace.js';
export { MountedRequests } from './http/mounted-requests.js';
export type { MountDescription, MountReadiness } from './http/mounted-requests.js';
export { ApiDocument, getApiDocument } from './openapi/api-document.js';
export { DocsModule } from './openapi/docs.module.js';
export type { DocsModuleOptions, DocsOptions } from './openapi/docs.options.js';
export { Infrastructure } from './openapi/infrastructure.decorator.js';
export type { InfrastructureOptions } from './openapi/infrastructure.decorator.js';
export { negotiate } from './output/negotiate.js';
export {
  CLIENT_ERROR_CHANNEL,
  REQUEST_CHANNEL,
  REQUEST_START_CHANNEL,
} from './serving.channels.js';
export type {
  ClientErrorEvent,
  RequestEvent,
  RequestStartEvent,
  RouteInfo,
} from './serving.channels.js';
export { ServiceHooks } from './life-cycle/service-life-cycle.js';
export type { ServiceLifeCycle } from './life-cycle/service-life-cycle.js';
export { ServingModule } from './serving.module.js';
export { SERVING_OPTIONS, resolveServingOptions } from './serving.options.js';
export type { OptionsSource, ServingOptions, SheddingOptions } from './serving.options.js';
export { isOperatorRequest, isServedAt, markOperatorRequest } from './http/operator-address.js';
export type { InfrastructureAddress } from './http/operator-address.js';
export { isInfrastructure } from './api-route.js';
