import { BentoError } from './bento.error.js';

/** A mistake in how services, runners or modules are put together. Raised at start, never in a request. */
export class ServiceConfigurationError extends BentoError {
  static override readonly code = 'SERVICE_CONFIGURATION';
  static override readonly statusCode = 500;
}
