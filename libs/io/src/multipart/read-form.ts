import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import type { IncomingBody } from '../io-descriptor.js';
import { parseParameters } from '../media-type.js';
import { nameError } from '../name-error.js';
import { cutOffForm, namelessPart, noBoundary, tooManyParts } from './form-errors.js';
import type { FormFields, FormLimits } from './form-limits.js';
import { FormParts } from './form-parts.js';
import { readDisposition, readHeaders } from './part-headers.js';
import type { RawHeaders } from './part-headers.js';

/** What of a part may be in memory before it is dealt with. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Reads one form: each part goes to its descriptor as it comes, in any order of parts. */
export class FormReader {
  private readonly dicer: Dicer;
  private readonly boundary: string;
  private readonly parts: FormParts;
  private readonly pending: Promise<void>[] = [];
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
    fields: FormFields,
    private readonly limits: FormLimits,
  ) {
    this.parts = new FormParts(fields, limits);
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
    const { parts } = this;
    this.listen();
    let values: ReadonlyMap<string, unknown>;
    try {
      await this.feed();
      await Promise.all(this.pending);
      this.check();
      values = parts.complete();
    } catch (error) {
      for (const part of this.open) part.destroy();
      void Promise.allSettled(this.pending).then(() => parts.release());
      throw error;
    }
    this.input.onRequestEnd?.(() => parts.release());
    return values;
  }

  private listen(): void {
    const { dicer } = this;
    dicer.on('part', (part) => this.onPart(part));
    dicer.on('error', () => this.fail(cutOffForm(this.boundary)));
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
    if (this.isHeaderDue) throw namelessPart(this.partCount);
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
    if (this.isHeaderDue) this.fail(namelessPart(this.partCount));
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
    if (name === undefined) throw namelessPart(this.partCount);
    const descriptor = this.parts.claim(name);
    if (descriptor === undefined) {
      part.resume();
      return;
    }
    this.open.add(part);
    const decoding = this.parts
      .decode(descriptor, { name, filename, headers }, this.bytesOf(part))
      .then(() => void this.open.delete(part))
      .catch((error: unknown) => this.fail(nameError(name, error)));
    this.pending.push(decoding);
  }
}

function readBoundary(header = ''): string {
  const boundary = parseParameters(header).get('boundary') ?? '';
  // RFC 2046, 5.1.1; any printable character, as clients write others too.
  if (/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) return boundary;
  throw noBoundary();
}
