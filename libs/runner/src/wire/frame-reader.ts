import { WireProtocolError } from '../runner.errors.js';
import { decodeFrame } from './decode-frame.js';
import { HEADER_BYTES, MAX_FRAME_BYTES, WIRE_VERSION } from './frame.js';
import type { Frame } from './frame.js';

/**
 * Cuts a byte stream into frames. Each frame is copied into memory of its own, because Node's pooled
 * chunks begin at any offset, and typed arrays must begin at multiples of their element size.
 */
export class FrameReader {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerFilled = 0;
  private frame: Buffer | undefined;
  private frameFilled = 0;

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly maxFrameBytes = MAX_FRAME_BYTES,
  ) {}

  /**
   * Takes the next bytes of the stream.
   *
   * @throws WireProtocolError when they are no frame of ours; the stream cannot be read further.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.frame === undefined) {
        at += this.fillHeader(chunk, at);
        if (this.headerFilled < HEADER_BYTES) return;
        this.frame = this.allocateFrame();
        this.frameFilled = HEADER_BYTES;
      }
      const taken = Math.min(this.frame.length - this.frameFilled, chunk.length - at);
      this.frame.set(chunk.subarray(at, at + taken), this.frameFilled);
      this.frameFilled += taken;
      at += taken;
      if (this.frameFilled === this.frame.length) this.finishFrame(this.frame);
    }
  }

  private fillHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(HEADER_BYTES - this.headerFilled, chunk.length - at);
    chunk.copy(this.header, this.headerFilled, at, at + taken);
    this.headerFilled += taken;
    return taken;
  }

  private allocateFrame(): Buffer {
    const length = this.header.readUInt32LE(0);
    const version = this.header.readUInt8(4);
    if (version !== WIRE_VERSION)
      throw new WireProtocolError(`wire version ${version}, not ${WIRE_VERSION}`);
    if (length < HEADER_BYTES || length % 8 !== 0 || length > this.maxFrameBytes) {
      throw new WireProtocolError(`a frame of ${length} bytes`);
    }
    const frame = Buffer.from(new ArrayBuffer(length));
    this.header.copy(frame);
    return frame;
  }

  private finishFrame(frame: Buffer): void {
    this.frame = undefined;
    this.headerFilled = 0;
    this.onFrame(decodeFrame(frame));
  }
}
