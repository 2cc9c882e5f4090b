import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A body on its way in: a whole request, or one part of a multipart form. */
export interface IncomingBody<Body> {
  /** Media type without parameters, in lower case: one of the descriptor's `contentTypes`. */
  readonly contentType: string;
  /** The request's headers, or the part's. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The file name that the client gave a part, without any folders. */
  readonly filename?: string;
  readonly body: Body;
  /**
   * Has a function called when the request is over, answered or not: what a descriptor keeps for the
   * request, such as a temporary file, goes then. Streamed bodies have it.
   */
  readonly onRequestEnd?: (release: () => void) => void;
}

/** A body on its way out. */
export interface OutgoingBody {
  readonly contentType: string;
  readonly body: string | Buffer | Readable;
  /** Further headers, such as content-disposition. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON Schema (2020-12), as OpenAPI 3.1 embeds it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema per media type. */
export type BodySchemas = Readonly<Record<string, JsonSchema>>;

/** OpenAPI's Encoding Object: media types of a part, separated by commas. */
export interface PartEncoding {
  readonly contentType: string;
}

interface DescriptorBase<T> {
  /** The descriptor's own name, for messages and the API document: `ndarray`. */
  readonly kind: string;
  /**
   * Media types that it reads, and writes unless `writes` names others. The first is taken where the
   * client names none; `image/*` stands for all images.
   */
  readonly contentTypes: readonly string[];
  /** Media types that it writes, the one it prefers first. @default contentTypes */
  readonly writes?: readonly string[];
  /**
   * Makes the body of a result, in the media type that the client prefers of `contentTypes`.
   *
   * @throws BentoError with status 500 when the value is not what the descriptor describes.
   */
  encode(value: T, contentType: string): OutgoingBody | Promise<OutgoingBody>;
  /** What it reads and writes, with an `examples` keyword where there is one. */
  schema(): BodySchemas;
  /** Schemas by name that `schema()` refers to as `#/components/schemas/<name>`. */
  components?(): Readonly<Record<string, JsonSchema>>;
  /** Of a form: media types per part, as OpenAPI's Encoding Object. */
  encoding?(): Readonly<Record<string, PartEncoding>>;
}

/** A descriptor that needs the whole body in memory. */
export interface BufferedDescriptor<T = unknown> extends DescriptorBase<T> {
  readonly reads: 'buffer';
  /** @throws BentoError with status 400 that names field or index, what was expected and what came. */
  decode(input: IncomingBody<Buffer>): T | Promise<T>;
}

/** A descriptor that reads the body as it comes: files, multipart forms. */
export interface StreamedDescriptor<T = unknown> extends DescriptorBase<T> {
  readonly reads: 'stream';
  /** Most bytes that it reads: a form refuses a longer part before it is kept anywhere. */
  readonly maxBytes?: number;
  /** @throws BentoError with status 400 that names field or index, what was expected and what came. */
  decode(input: IncomingBody<Readable>): T | Promise<T>;
  /** Reads bodies of its own media types instead, for which there is no use in a stream. */
  readonly buffered?: BufferedDescriptor<T>;
}

/**
 * Decides everything about a body: which media types, what is checked, what a result becomes. It
 * knows nothing of HTTP frameworks; a part of a form is decoded by the same descriptor as a request.
 */
export type IoDescriptor<T = unknown> = BufferedDescriptor<T> | StreamedDescriptor<T>;
