import type { PreparePythonOptions } from 'bentonest/python';

/** Options of {@link mountAsgi} and {@link mountWsgi}. */
export interface PythonAppOptions {
  /** Module and name of the application: `main:app`. */
  app: string;
  /** The folder that the application runs in, and imports from. @default process.cwd() */
  cwd?: string | URL;
  /** The interpreter. @default python3 */
  python?: string;
  /**
   * Packages that the application needs, its server among them (uvicorn or gunicorn), as pip takes them,
   * or the path of a requirements.txt, from process.cwd() and not from `cwd`. They are installed once, into
   * an environment of their own.
   *
   * @default none: the interpreter has what is needed
   */
  requirements?: PreparePythonOptions['requirements'];
  /** More variables for the application's environment. */
  env?: Readonly<Record<string, string>>;
  /**
   * Another server in the place of uvicorn or gunicorn, as file and arguments, which listens on the unix
   * socket: `['hypercorn', '{app}', '--bind', 'unix:{socket}']`. `{app}` is replaced by the name by which the
   * server finds the application, with its root path set, `{socket}` by the socket's path and `{python}` by
   * the interpreter. Programs of its environment are found by name. It ends when this process does.
   */
  command?: readonly [file: string, ...args: string[]];
  /** More arguments for uvicorn or gunicorn: `['--workers', '2']`. */
  serverArgs?: readonly string[];
  /** Time for the application to import, run its lifespan's start and answer. @default 60000 */
  startTimeoutMs?: number;
  /** Time for the head of an answer, from the end of the upload or its last byte; then it is 504. @default 60000 */
  timeoutMs?: number;
  /** An application that gives no sign for this time, while requests wait, is replaced. @default 2 × timeoutMs */
  hangTimeoutMs?: number;
  /**
   * IPs and CIDRs of proxies in front of this server: what they say in `X-Forwarded-For`, `-Proto` and
   * `-Host` is handed on, and the path that they have cut off, `-Prefix`, stands before the mount's. Of
   * everyone else it is replaced by what the connection itself tells.
   *
   * @default []
   */
  trustedProxies?: readonly string[];
  /**
   * Where the application has its OpenAPI document, below its own path: its operations become part of the
   * server's document. `false` leaves them out.
   *
   * @default '/openapi.json' for mountAsgi, which is FastAPI's; false for mountWsgi
   */
  openapi?: string | false;
  /** Time to end after SIGTERM; then it is killed. @default 5000 */
  graceMs?: number;
}
