import { Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InvalidBodyError } from 'bentonest/io';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnsupportedEncodingError } from '../errors/serving.errors.js';
import { bodyTooLarge } from './body-limit.js';
import { stopAndClose } from './stop-reading.js';

type ParsingDone = (error: Error | null, payload?: Readable) => void;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** Encodings of bodies that are read, by the names that a client is told. */
export const ACCEPTED_ENCODINGS = ['gzip', 'br', 'deflate'];

/**
 * Decompresses bodies that name a content-encoding, before anything reads them; a preParsing hook.
 * One encoding only: of several, the inner one could be made to come out of nearly nothing and go
 * into nothing again, at the cost of this server's time.
 */
export function createDecompressHook(bodyLimit: number) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: Readable,
    done: ParsingDone,
  ): void => {
    const named = request.headers['content-encoding'];
    if (named === undefined) {
      done(null, payload);
      return;
    }
    const encodings = parseEncodings(named);
    const [encoding] = encodings;
    if (encoding === undefined) {
      done(null, payload);
      return;
    }
    if (encodings.length > 1 || !Object.hasOwn(DECODERS, encoding)) {
      // RFC 7694: so that a client learns what it may send instead.
      void reply.header('accept-encoding', ACCEPTED_ENCODINGS.join(', '));
      done(new UnsupportedEncodingError(named, ACCEPTED_ENCODINGS));
      return;
    }
    const onExceed = (): void => stopAndClose(request.raw, reply.raw);
    done(null, new DecompressedBody(payload, { encoding, bodyLimit, onExceed }));
  };
}

function parseEncodings(header: string): readonly string[] {
  const encodings = header.split(',').map((each) => each.trim().toLowerCase());
  return encodings.filter((each) => each !== '' && each !== 'identity');
}

interface DecompressedBodyOptions {
  readonly encoding: string;
  readonly bodyLimit: number;
  readonly onExceed: () => void;
}

/**
 * The body as it was before it was compressed, decompressed no faster than it is read and no further
 * than the limit. A body that nobody reads costs no decoder.
 */
class DecompressedBody extends Readable {
  /** Fastify compares this with content-length, which counts what came over the network. */
  receivedEncodedLength = 0;
  private receivedLength = 0;
  private isExceeded = false;
  private decoder: Transform | undefined;

  constructor(
    private readonly source: Readable,
    private readonly options: DecompressedBodyOptions,
  ) {
    super();
  }

  override _read(): void {
    this.decoder ??= this.startDecoder();
    this.decoder.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { decoder, source } = this;
    if (decoder !== undefined) {
      source.unpipe(decoder);
      decoder.destroy();
      // What is still on its way is read, for the connection to be of use, unless it is too much.
      if (!this.isExceeded) source.resume();
    }
    done(error);
  }

  private startDecoder(): Transform {
    const { source, options } = this;
    const decoder = DECODERS[options.encoding]();
    source.on('data', (chunk: Buffer) => {
      this.receivedEncodedLength += chunk.length;
      if (this.receivedEncodedLength <= options.bodyLimit) return;
      if (this.destroyed) this.options.onExceed();
      else this.exceed();
    });
    source.once('error', (error) => this.destroy(error));
    decoder.on('data', (chunk: Buffer) => {
      this.receivedLength += chunk.length;
      if (this.receivedLength > options.bodyLimit) this.exceed();
      else if (!this.push(chunk)) decoder.pause();
    });
    decoder.once('end', () => this.push(null));
    decoder.once('error', (cause) => this.destroy(this.toInvalidBody(cause)));
    // Not pipeline(), which would destroy the request, and with it the way for an answer.
    source.pipe(decoder);
    return decoder;
  }

  private exceed(): void {
    this.isExceeded = true;
    this.options.onExceed();
    this.destroy(bodyTooLarge(this.options.bodyLimit));
  }

  private toInvalidBody(cause: Error): InvalidBodyError {
    return new InvalidBodyError(
      `Expected a body encoded as ${this.options.encoding}, got one that is corrupted or cut off. Compress it again, or send it as it is without content-encoding.`,
      { cause },
    );
  }
}
