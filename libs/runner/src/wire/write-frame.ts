import type { Socket } from 'node:net';
import { encodeFrame } from './encode-frame.js';
import type { OutgoingFrame } from './frame.js';

/** Writes a frame with one system call, however many pieces it has. */
export function writeFrame(socket: Socket, frame: OutgoingFrame): void {
  const pieces = encodeFrame(frame);
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) {
    socket.write(only);
    return;
  }
  socket.cork();
  for (const piece of pieces) socket.write(piece);
  socket.uncork();
}
