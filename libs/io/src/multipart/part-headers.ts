import type { IncomingHttpHeaders } from 'node:http';
import { matchContentType } from '../content-type.js';
import { toBaseName } from '../file/content-disposition.js';
import { BodyTooLargeError, InvalidBodyError } from '../io.errors.js';
import { parseParameters } from '../media-type.js';

/** Headers of a part as Dicer gives them: names in lower case, bytes as characters. */
export type RawHeaders = Readonly<Record<string, readonly string[]>>;

export interface HeaderLimits {
  readonly maxHeaders: number;
  readonly maxHeaderBytes: number;
}

export interface Disposition {
  readonly name?: string;
  readonly filename?: string;
}

/**
 * The headers of a part, as those of a request.
 *
 * @throws BodyTooLargeError, and InvalidBodyError for bytes that are compressed, or encoded for mail.
 */
export function readHeaders(raw: RawHeaders, limits: HeaderLimits): IncomingHttpHeaders {
  const lines = Object.entries(raw).flatMap(([name, values]) =>
    values.map((value) => [name, value]),
  );
  const bytes = lines.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const { maxHeaders, maxHeaderBytes } = limits;
  if (lines.length > maxHeaders || bytes > maxHeaderBytes) {
    throw new BodyTooLargeError(
      `Expected at most ${maxHeaders} headers of ${maxHeaderBytes} bytes together at each part, got more.`,
      { details: { maxHeaders, maxHeaderBytes } },
    );
  }
  const headers = Object.fromEntries(
    Object.entries(raw).map(([name, [value]]) => [name, Buffer.from(value, 'latin1').toString()]),
  ) as IncomingHttpHeaders;
  refuseEncoded(headers);
  return headers;
}

/** RFC 7578 has forms without either; a whole request may be compressed. */
function refuseEncoded(headers: IncomingHttpHeaders): void {
  const { 'content-transfer-encoding': forMail = 'binary', 'content-encoding': compressed } =
    headers;
  const isPlain = ['binary', '8bit', '7bit'].includes(String(forMail).trim().toLowerCase());
  const encoding = compressed?.trim().toLowerCase() ?? 'identity';
  if (isPlain && ['identity', ''].includes(encoding)) return;
  const header = isPlain ? 'content-encoding' : 'content-transfer-encoding';
  throw new InvalidBodyError(
    `Expected parts as they are, got one with a ${header}. Send it as binary, or compress the whole form.`,
  );
}

/** What browsers write in names for the characters that would end them. */
const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

/** Name and file name of a part; the latter without folders. Nothing of any other disposition. */
export function readDisposition(header: string | undefined, kind = 'form-data'): Disposition {
  if (header === undefined || header.split(';', 1)[0].trim().toLowerCase() !== kind) return {};
  const parameters = parseParameters(header);
  const unescape = (value: string): string =>
    value.replaceAll(/%(?:22|0D|0A)/g, (escape) => ESCAPED[escape]);
  const name = parameters.get('name');
  const plain = parameters.get('filename');
  const given = decodeExtended(parameters.get('filename*')) ?? (plain && unescape(plain));
  return {
    name: name === undefined ? undefined : unescape(name),
    filename: given === undefined ? undefined : toBaseName(given),
  };
}

/** RFC 8187: `UTF-8''na%C3%AFve`. What is none is as if it were not there. */
function decodeExtended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Types that clients give to parts they know nothing about: form fields, files of unknown ending. */
const UNTOLD = ['text/plain', 'application/octet-stream'];

/**
 * The media type of a part; the first that its descriptor reads where the client did not really say.
 *
 * @throws UnsupportedMediaTypeError
 */
export function partContentType(header: string | undefined, accepted: readonly string[]): string {
  try {
    return matchContentType(header, accepted);
  } catch (error) {
    const type = header?.split(';', 1)[0].trim().toLowerCase() ?? '';
    if (UNTOLD.includes(type)) return matchContentType(undefined, accepted);
    throw error;
  }
}
