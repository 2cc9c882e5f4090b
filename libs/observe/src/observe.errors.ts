import { BentoError } from 'bentonest/errors';

/** The process that collects the metrics of all does not answer. */
export class MetricsUnavailableError extends BentoError {
  static override readonly code = 'METRICS_UNAVAILABLE';
  static override readonly statusCode = 503;

  constructor() {
    super('Expected the metrics of all processes of the server, got no answer. Ask again.');
  }
}
