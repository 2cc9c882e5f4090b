import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** Where a document is. */
export interface DocumentSource {
  readonly socketPath: string;
  /** Below the path that the application is mounted at. */
  readonly path: string;
  /** The path that it is mounted at; '' for the root. */
  readonly prefix: string;
  /** For the whole of it. @default 5000 */
  readonly timeoutMs?: number;
  /** @default 8 MiB */
  readonly maxBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/**
 * Asks an application for a document in JSON; undefined where it has none (404).
 *
 * @throws Error with the reason, for a log.
 */
export async function fetchDocument(source: DocumentSource): Promise<unknown> {
  const { path, timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES } = source;
  const expected = `Expected an OpenAPI document in JSON at ${path}, got`;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await ask(source, signal);
    const { statusCode } = answer;
    if (statusCode === 404) {
      answer.destroy();
      return undefined;
    }
    if (statusCode !== 200) {
      answer.destroy();
      throw new Error(`${expected} status ${statusCode}.`);
    }
    const text = await readText(answer, maxBytes);
    if (text === undefined) throw new Error(`${expected} more than ${maxBytes} bytes.`);
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (signal.aborted)
      throw new Error(`${expected} none within ${timeoutMs} ms.`, { cause: error });
    if (error instanceof SyntaxError)
      throw new Error(`${expected} another text.`, { cause: error });
    throw error;
  }
}

function ask(
  { socketPath, path, prefix }: DocumentSource,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = {
    host: 'localhost',
    accept: 'application/json',
    connection: 'close',
    'user-agent': 'bentonest',
    ...(prefix === '' ? {} : { 'x-forwarded-prefix': prefix }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers, signal, agent: false });
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.end();
  });
}

/** Undefined where there is more than `maxBytes` of it. */
async function readText(answer: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
