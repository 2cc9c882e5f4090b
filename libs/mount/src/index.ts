export type { FetchApp, FetchHandler } from './fetch/fetch-handler.js';
export { mount } from './mount.js';
export type { MountFactoryOptions, MountOptions, MountableApp } from './mount.js';
export type { Denial, IncomingRequest, RequestCheck } from './middleware/denial.js';
export { HttpsRedirectMiddleware } from './middleware/https-redirect.middleware.js';
export type { HttpsRedirectOptions } from './middleware/https-redirect.middleware.js';
export { onResponseHead } from './middleware/on-response-head.js';
export type { ChangeHead, ResponseHead } from './middleware/on-response-head.js';
export { TrustedHostMiddleware } from './middleware/trusted-host.middleware.js';
export type { TrustedHostOptions } from './middleware/trusted-host.middleware.js';
export {
  InvalidMiddlewareError,
  InvalidMountError,
  MountFailedError,
  MountStartError,
  MountTimeoutError,
  MountUnavailableError,
} from './mount.errors.js';
export { MOUNT_SURROUNDINGS } from './mounting/mount-surroundings.js';
export type {
  MountDescription,
  MountReport,
  MountSurroundings,
} from './mounting/mount-surroundings.js';
export type { Next, UpgradeHandler } from './mounting/mounted-app.js';
export type { MountKind } from './node/detect-kind.js';
export type { ExpressApp, FastifyApp, KoaApp, NodeHandler } from './node/node-app.js';
export { mountAsgi, mountWsgi } from './python-app/mount-python.js';
export type { PythonAppOptions } from './python-app/python-app.options.js';
