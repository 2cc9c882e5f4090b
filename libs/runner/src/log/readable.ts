import { createRequire } from 'node:module';
import type { PrettyOptions } from 'pino-pretty';

/** Makes a line of JSON, with its newline, readable. */
export type Readable = (line: string) => string;

type Log = Readonly<Record<string, unknown>>;

interface PinoPretty {
  readonly prettyFactory: (options: PrettyOptions) => (record: object) => string;
}

const load = createRequire(import.meta.url);

/** What the message says already. */
const IN_MESSAGE = ['pid', 'context', 'runner'];

const LEVELS: Readonly<Partial<Record<number, string>>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** By pino-pretty where it is installed, else plainly. */
export function createReadable(): Readable {
  const library = loadLibrary();
  const show = library === undefined ? showPlainly : showWith(library);
  return (line) => show(JSON.parse(line) as Log);
}

function showWith({ prettyFactory }: PinoPretty): (log: Log) => string {
  const options = {
    // It heeds NO_COLOR and FORCE_COLOR.
    colorize: process.stdout.isTTY && process.stdout.hasColors(),
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    ignore: IN_MESSAGE.join(','),
    messageFormat: (log: Log) => describe(log),
  };
  const full = prettyFactory(options);
  const access = prettyFactory({ ...options, hideObject: true });
  return (log) => `${(isAccess(log) ? access(log) : full(log)).trimEnd()}\n`;
}

function showPlainly(log: Log): string {
  const { level, time, msg: _, err, ...others } = log;
  const date = new Date(Number(time));
  const clock = `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  const rest = Object.entries(isAccess(log) ? {} : others).filter(
    ([key]) => !IN_MESSAGE.includes(key),
  );
  const fields = rest.length === 0 ? '' : ` ${JSON.stringify(Object.fromEntries(rest))}`;
  const { stack } = (err ?? {}) as { readonly stack?: string };
  const trace = stack === undefined ? '' : `\n    ${stack.replaceAll('\n', '\n    ')}`;
  return `[${clock}] ${LEVELS[Number(level)] ?? plain(level)}: ${describe(log)}${fields}${trace}\n`;
}

/** An access line has all that there is to say in its fields. */
function isAccess({ context, status }: Log): boolean {
  return context === 'Access' && status !== undefined;
}

function describe(log: Log): string {
  const where = log.runner ?? log.context;
  const place = where === undefined ? '' : `[${plain(where)}] `;
  if (!isAccess(log)) return `${place}${plain(log.msg ?? '')}`;
  const { method, route, path, status, durationMs, responseBytes, requestId } = log;
  const size = responseBytes === undefined ? '' : `, ${plain(responseBytes)} B`;
  const time = durationMs === undefined ? '' : ` in ${plain(durationMs)} ms${size}`;
  const id = requestId === undefined ? '' : ` (request ${plain(requestId)})`;
  return `${place}${plain(method)} ${plain(path ?? route)} ${plain(status)}${time}${id}`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function loadLibrary(): PinoPretty | undefined {
  try {
    return load('pino-pretty') as PinoPretty;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
