import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { fileTooLarge } from '../file/file.js';
import type { IncomingBody, IoDescriptor } from '../io-descriptor.js';
import { BodyTooLargeError, InvalidBodyError } from '../io.errors.js';
import { parseParameters } from '../media-type.js';
import { nameError } from '../name-error.js';
import { partContentType, readDisposition, readHeaders } from './part-headers.js';
import type { RawHeaders } from './part-headers.js';
import { MemoryBudget, spool } from './spool.js';

/** What a form may have, resolved. */
export interface FormLimits {
  readonly forbidUnknown: boolean;
  readonly maxParts: number;
  readonly maxPartBytes: number;
  readonly maxHeaders: number;
  readonly maxHeaderBytes: number;
  readonly maxMemoryBytes: number;
  /** Parts that may be missing. */
  readonly optional: ReadonlySet<string>;
}

/** What of a part may be in memory before it is dealt with. */
const MAX_WAITING_BYTES = 64 * 1024;

export type FormFields = ReadonlyMap<string, IoDescriptor>;

/** Reads one form: each part goes to its descriptor as it comes, in any order of parts. */
export class FormReader {
  private readonly dicer: Dicer;
  private readonly budget: MemoryBudget;
  private readonly boundary: string;
  private readonly values = new Map<string, unknown>();
  private readonly pending: Promise<void>[] = [];
  private readonly spooled: Readable[] = [];
  private readonly open = new Set<Readable>();
  private partCount = 0;
  /** Set while a part has come whose headers have not. */
  private isHeaderDue = false;
  private isFinished = false;
  private failure: Error | undefined;
  private wake = (): void => undefined;

  /** @throws InvalidBodyError for a content-type without a boundary. */
  constructor(
    private readonly input: IncomingBody<Readable>,
    private readonly fields: FormFields,
    private readonly limits: FormLimits,
  ) {
    this.budget = new MemoryBudget(limits.maxMemoryBytes);
    this.boundary = readBoundary(input.headers['content-type']);
    const config = {
      boundary: this.boundary,
      // Dicer cuts silently: a little further, so that too much can be told from just enough.
      maxHeaderPairs: limits.maxHeaders + 1,
      maxHeaderSize: limits.maxHeaderBytes * 2,
      // Never full: what Dicer does for a full part forgets those that end in the same chunk.
      partHwm: Number.MAX_SAFE_INTEGER,
    };
    this.dicer = new Dicer(config);
  }

  /**
   * The decoded parts by name, when the form has come whole.
   *
   * @throws InvalidBodyError, BodyTooLargeError, UnsupportedMediaTypeError, and what the parts'
   * descriptors throw, with the part's name before the message.
   */
  async read(): Promise<ReadonlyMap<string, unknown>> {
    this.listen();
    try {
      await this.feed();
      await Promise.all(this.pending);
      this.check();
      this.checkMissing();
    } catch (error) {
      for (const part of this.open) part.destroy();
      void Promise.allSettled(this.pending).then(() => this.release());
      throw error;
    }
    this.input.onRequestEnd?.(() => this.release());
    return this.values;
  }

  private listen(): void {
    const { dicer } = this;
    dicer.on('part', (part) => this.onPart(part));
    dicer.on('error', () => this.fail(this.cutOff()));
    dicer.once('finish', () => {
      this.isFinished = true;
      this.wake();
    });
  }

  /** No faster than the parts are taken: a slow one holds up the client. */
  private async feed(): Promise<void> {
    const { dicer } = this;
    for await (const chunk of this.input.body as AsyncIterable<Buffer>) {
      dicer.write(chunk);
      await this.until(() => !this.isBehind());
    }
    dicer.end();
    await this.until(() => this.isFinished);
    if (this.isHeaderDue) throw this.headless();
  }

  private isBehind(): boolean {
    return [...this.open].some((part) => part.readableLength > MAX_WAITING_BYTES);
  }

  /** The bytes of a part; the feed goes on when one has been dealt with. */
  private async *bytesOf(part: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of part as AsyncIterable<Buffer>) {
      yield chunk;
      this.wake();
    }
  }

  /** Waits, or fails as soon as a part has. */
  private async until(isDone: () => boolean): Promise<void> {
    this.check();
    while (!isDone()) {
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.check();
    }
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.wake();
    // Ends the wait for a client that is slow with the rest.
    this.input.body.destroy(error);
  }

  private onPart(part: Readable): void {
    part.on('error', () => undefined);
    if (this.isHeaderDue) this.fail(this.headless());
    this.isHeaderDue = true;
    this.partCount++;
    const { maxParts } = this.limits;
    if (this.partCount > maxParts) this.fail(tooManyParts(maxParts));
    part.once('header', (raw: RawHeaders) => {
      this.isHeaderDue = false;
      try {
        if (this.failure === undefined) this.accept(part, raw);
        else part.resume();
      } catch (error) {
        part.resume();
        this.fail(error as Error);
      }
    });
  }

  private accept(part: Readable, raw: RawHeaders): void {
    const headers = readHeaders(raw, this.limits);
    const { name, filename } = readDisposition(headers['content-disposition']);
    if (name === undefined) throw this.headless();
    const descriptor = this.fields.get(name);
    if (descriptor === undefined) {
      if (this.limits.forbidUnknown) throw this.unknown(name);
      part.resume();
      return;
    }
    if (this.values.has(name)) {
      throw new InvalidBodyError(`Expected one part ${name}, got more. Send it once.`);
    }
    this.values.set(name, undefined);
    this.open.add(part);
    const decoding = this.decode(part, descriptor, { name, filename, headers });
    this.pending.push(decoding.catch((error: Error) => this.fail(nameError(name, error))));
  }

  private async decode(
    part: Readable,
    descriptor: IoDescriptor,
    { name, headers, filename }: PartHead,
  ): Promise<void> {
    const contentType = partContentType(headers['content-type'], descriptor.contentTypes);
    const { budget, limits } = this;
    let value: unknown;
    if (descriptor.reads === 'buffer') {
      const body = await collect(this.bytesOf(part), limits.maxPartBytes);
      value = await descriptor.decode({ contentType, headers, filename, body });
    } else {
      const { maxBytes } = descriptor;
      const { stream, size } = await spool(this.bytesOf(part), {
        budget,
        maxBytes,
        tooLarge: fileTooLarge,
      });
      this.spooled.push(stream);
      const known = { ...headers, 'content-length': String(size) };
      value = await descriptor.decode({ contentType, headers: known, filename, body: stream });
    }
    this.open.delete(part);
    this.values.set(name, value);
  }

  private release(): void {
    for (const stream of this.spooled) stream.destroy();
  }

  private checkMissing(): void {
    const { optional } = this.limits;
    const missing = [...this.fields.keys()].filter(
      (name) => !this.values.has(name) && !optional.has(name),
    );
    if (missing.length === 0) return;
    const got =
      this.values.size === 0 ? 'none of its parts' : `only ${[...this.values.keys()].join(', ')}`;
    throw new InvalidBodyError(
      `Expected a form with the part ${missing.join(' and the part ')}, got ${got}. Send every part once, under its name.`,
      { details: { missing } },
    );
  }

  private unknown(name: string): InvalidBodyError {
    const known = [...this.fields.keys()].join(', ');
    return new InvalidBodyError(
      `Expected no parts but ${known}, got one named ${JSON.stringify(name.slice(0, 60))}. Leave it out.`,
    );
  }

  private headless(): InvalidBodyError {
    return new InvalidBodyError(
      `Expected a name at each part, got none at part ${this.partCount}. Give it the header content-disposition: form-data; name="…", and an empty line after its headers.`,
    );
  }

  private cutOff(): InvalidBodyError {
    return new InvalidBodyError(
      `Expected parts between boundaries of the content-type header, got a form that ends without --${this.boundary}--. Send it whole.`,
    );
  }
}

interface PartHead {
  readonly name: string;
  readonly filename?: string;
  readonly headers: IncomingHttpHeaders;
}

function readBoundary(header = ''): string {
  const boundary = parseParameters(header).get('boundary') ?? '';
  // RFC 2046, 5.1.1; any printable character, as clients write others too.
  if (/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) return boundary;
  throw new InvalidBodyError(
    'Expected a content-type header with a boundary of 1 to 70 characters, such as multipart/form-data; boundary=x. Leave the header to your HTTP client.',
  );
}

/** The bytes of a part, or of a body. */
export async function collect(part: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new BodyTooLargeError(`Expected a part of at most ${maxBytes} bytes, got more.`, {
        details: { maxBytes },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooManyParts(maxParts: number): BodyTooLargeError {
  return new BodyTooLargeError(`Expected a form of at most ${maxParts} parts, got more.`, {
    details: { maxParts },
  });
}

/** Errors of our own say what was wrong; a form has to say where. */
