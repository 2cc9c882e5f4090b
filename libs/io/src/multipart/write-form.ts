import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describeValue } from '../describe-value.js';
import type { IoDescriptor, OutgoingBody } from '../io-descriptor.js';
import { UnencodableResultError } from '../io.errors.js';
import { isMediaType } from '../media-type.js';
import { readDisposition } from './part-headers.js';
import type { FormFields } from './form-limits.js';

/** A form of a service's result: every field by its descriptor, in the order of declaration. */
export async function writeForm(value: unknown, fields: FormFields): Promise<OutgoingBody> {
  const values = readFields(value, fields);
  const bodies = await Promise.all(
    values.map(([name, field, descriptor]) => encodeField(name, field, descriptor)),
  );
  const boundary = `bentonest-${randomBytes(16).toString('hex')}`;
  const pieces = bodies.flatMap(([name, { body, ...rest }]) => [
    `--${boundary}\r\n${partHeaders(name, rest)}\r\n`,
    body,
    '\r\n',
  ]);
  pieces.push(`--${boundary}--\r\n`);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: join(pieces) };
}

type Field = readonly [name: string, value: unknown, descriptor: IoDescriptor];

function readFields(value: unknown, fields: FormFields): Field[] {
  const expected = `an object with ${[...fields.keys()].join(', ')}`;
  if (typeof value !== 'object' || value === null) {
    throw new UnencodableResultError('multipart', expected, describeValue(value));
  }
  return [...fields].map(([name, descriptor]) => {
    if (Object.hasOwn(value, name)) {
      return [name, (value as Record<string, unknown>)[name], descriptor];
    }
    throw new UnencodableResultError('multipart', expected, `an object without ${name}`);
  });
}

async function encodeField(
  name: string,
  value: unknown,
  descriptor: IoDescriptor,
): Promise<[name: string, body: OutgoingBody]> {
  const { writes = descriptor.contentTypes } = descriptor;
  const type = writes.find((each) => isMediaType(each)) ?? 'application/octet-stream';
  return [name, await descriptor.encode(value, type)];
}

/** Says what a form says elsewhere, or would contradict the bytes. */
const REPLACED = ['content-disposition', 'content-type', 'content-length'];

function partHeaders(
  name: string,
  { contentType, headers = {} }: Omit<OutgoingBody, 'body'>,
): string {
  const isText = /^(text\/|application\/json)/.test(contentType);
  const { filename } = readDisposition(headers['content-disposition'], 'attachment');
  // Clients read a part without a file name as text.
  const shown = filename ?? (isText ? undefined : name);
  const disposition =
    `form-data; name="${escapeName(name)}"` +
    (shown === undefined ? '' : `; filename="${escapeName(shown)}"`);
  const others = Object.entries(headers).filter(([key]) => !REPLACED.includes(key.toLowerCase()));
  return [['content-disposition', disposition], ['content-type', contentType], ...others]
    .map(([key, value]) => `${key}: ${value.replaceAll(/[\r\n]/g, ' ')}\r\n`)
    .join('');
}

/** As browsers do (HTML, "multipart/form-data encoding algorithm"). */
function escapeName(name: string): string {
  return name.replaceAll(/["\r\n]/g, (character) => encodeURIComponent(character));
}

type Piece = string | Buffer | Readable;

/** One Buffer where all is there; else a stream that reads its parts one after the other. */
function join(pieces: readonly Piece[]): Buffer | Readable {
  const streams = pieces.filter((piece) => piece instanceof Readable);
  if (streams.length === 0) {
    return Buffer.concat(pieces.map((piece) => Buffer.from(piece as string | Buffer)));
  }
  // One may fail before its turn comes.
  for (const stream of streams) stream.on('error', () => undefined);
  const form = Readable.from(readAll(pieces), { objectMode: false });
  form.once('close', () => {
    for (const stream of streams) stream.destroy();
  });
  return form;
}

async function* readAll(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (piece instanceof Readable) yield* piece as AsyncIterable<Buffer>;
    else if (piece.length > 0) yield Buffer.from(piece);
  }
}
