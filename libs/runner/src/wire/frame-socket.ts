import type { Socket } from 'node:net';
import { FrameReader } from './frame-reader.js';
import type { Frame } from './frame.js';

/** Hands each frame of a connection to `onFrame`, and ends the connection at bytes that are none. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  const reader = new FrameReader(onFrame);
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
}

/** The other process died: its successor connects anew. */
export function isHangUp(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
