import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../contained-path.js';
import { InvalidModelSourceError } from '../model-store.errors.js';

const CURE =
  'install it (Debian: apt install xz-utils, macOS: brew install xz), or export as .tar.gz.';

/** What they say of an xz that has ended, its exit says better; where that was a good one, they are told. */
const ENDED: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * Bytes compressed by the system's `xz`, which starts when somebody reads them. It goes by XZ_OPT and
 * XZ_DEFAULTS as in a shell, and holds about 100 MB however much goes through it.
 *
 * @throws InvalidModelSourceError where the program is missing or fails.
 */
export async function* compressXz(
  bytes: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const xz = spawn('xz', ['--compress', '--stdout'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Of a group of its own: a Ctrl-C is for who asked for the archive, and ends xz through the signal.
    detached: process.platform !== 'win32',
    windowsHide: true,
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = once(xz, 'close') as Promise<[number | null, string | null]>;
  // It is told below, where somebody waits for it.
  ended.catch(() => undefined);
  try {
    await once(xz, 'spawn').catch(refuseMissing);
    const feeding = pipeline(bytes, xz.stdin).then(() => undefined, toError);
    yield* xz.stdout as AsyncIterable<Buffer>;
    const failure = await feeding;
    if (failure !== undefined && !ENDED.has(reasonOf(failure))) throw failure;
    const [code, killedBy] = await ended;
    if (code !== 0) throw failed(code === null ? `the signal ${killedBy}` : `exit code ${code}`);
    if (failure !== undefined) throw failure;
  } finally {
    xz.kill('SIGKILL');
  }
}

const toError = (error: Error): Error => error;

function refuseMissing(cause: unknown): never {
  if (reasonOf(cause) !== 'ENOENT') throw cause;
  throw new InvalidModelSourceError(
    `Expected the program xz on PATH to compress the archive, got none: ${CURE}`,
    { cause },
  );
}

function failed(got: string): InvalidModelSourceError {
  return new InvalidModelSourceError(
    `Expected xz to compress the archive, got ${got}. Free memory, look at XZ_OPT, or export as .tar.gz.`,
  );
}
