const SMALL = 4096;
const BLOCK_BYTES = 65_536;
const EMPTY = Buffer.alloc(0);

/**
 * The bytes of a body as they come, the small chunks of them copied together: kept one by one, a
 * million chunks of one byte take 380 MiB.
 */
export class BodyBytes {
  /** Bytes that are kept. */
  length = 0;
  private chunks: Buffer[] = [];
  private block = EMPTY;
  private used = 0;

  add(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.chunks.length === 0 || chunk.length >= SMALL) {
      this.closeBlock();
      this.chunks.push(chunk);
      return;
    }
    if (this.used + chunk.length > this.block.length) {
      this.closeBlock();
      this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    }
    this.used += chunk.copy(this.block, this.used);
  }

  /**
   * All of them, which are not kept any longer. A copy in any case: a chunk is a view of what the
   * socket read, which would be kept with it.
   */
  take(): Buffer {
    this.closeBlock();
    const bytes = Buffer.concat(this.chunks, this.length);
    this.chunks = [];
    this.length = 0;
    return bytes;
  }

  private closeBlock(): void {
    if (this.used === 0) return;
    this.chunks.push(this.block.subarray(0, this.used));
    this.block = this.block.subarray(this.used);
    this.used = 0;
  }
}

/** All bytes of a stream in one buffer. */
export async function readBytes(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const bytes = new BodyBytes();
  for await (const chunk of stream) bytes.add(chunk);
  return bytes.take();
}
