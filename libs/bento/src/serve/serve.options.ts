import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Options of `serve`. The environment has the last word: `PORT`, `HOST`, `BENTONEST__SERVER__WORKERS`. */
export interface ServeOptions {
  /** @default 3000 */
  port?: number;
  /** @default 'localhost' */
  host?: string;
  /** Connections that wait to be accepted. @default 511 */
  backlog?: number;
  /**
   * Processes that serve the API: several share the port, and the workers of the runners. `auto` is one
   * for each core that this process may use.
   *
   * @default 1
   */
  workers?: number | 'auto';
  /** Called with each application before it starts: for a global prefix, versions, pipes, filters. */
  configure?: (app: NestFastifyApplication) => void | Promise<void>;
}

export interface ResolvedServeOptions extends Required<Omit<ServeOptions, 'workers'>> {
  readonly workers: number;
}
