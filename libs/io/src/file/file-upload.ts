import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBytes } from '../body-bytes.js';
import { decodeUtf8 } from '../text/decode-utf8.js';

/** What a file is beside its bytes. */
export interface FileMetadata {
  /** Media type, such as `image/png`. @default 'application/octet-stream' */
  readonly contentType?: string;
  /** Name without folders. */
  readonly filename?: string;
  /** Bytes, where they are known beforehand. */
  readonly size?: number;
}

/**
 * A file that comes in or goes out, as a stream: it is in memory only as far as it is read. It can be
 * read once, by one of its methods or from `stream`, and until the request is answered.
 */
export class FileUpload {
  readonly contentType: string;
  readonly filename?: string;
  readonly size?: number;

  constructor(
    readonly stream: Readable,
    metadata: FileMetadata = {},
  ) {
    const { contentType = 'application/octet-stream', filename, size } = metadata;
    this.contentType = contentType;
    this.filename = filename;
    this.size = size;
    // Without a listener, a client that leaves before anyone reads would end the process.
    stream.on('error', () => undefined);
  }

  /** All bytes. They are in memory then. */
  async buffer(): Promise<Buffer> {
    return readBytes(this.stream);
  }

  /** All bytes, as the Blob of a browser gives them. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(await this.buffer()).buffer;
  }

  /**
   * The whole file as text.
   *
   * @throws InvalidBodyError when it is no UTF-8.
   */
  async text(): Promise<string> {
    return decodeUtf8(await this.buffer());
  }

  /**
   * Writes the file to a path, over what is there. A file that does not come whole is removed again.
   * Never make the path of the client's file name.
   */
  async saveTo(path: string): Promise<void> {
    try {
      await pipeline(this.stream, createWriteStream(path));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }
}
