export { BentoError } from './bento.error.js';
export type { BentoErrorOptions } from './bento.error.js';
export { ServiceConfigurationError } from './configuration.error.js';
export { MissingPeerError, importPeer } from './missing-peer.error.js';
export { RemoteError, toErrorMessage } from './remote.error.js';
export type { ErrorMessage } from './remote.error.js';
