import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JoinedSockets } from './joined-sockets.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('those of an application that died are ended, those of its successor are not', () => {
  const joined = new JoinedSockets();
  const taken: unknown[] = [];
  const take = joined.joining((_request, socket) => taken.push(socket));
  const [lost, other] = [new PassThrough(), new PassThrough()];
  take({} as IncomingMessage, lost, Buffer.alloc(0));
  joined.breakOff();
  take({} as IncomingMessage, other, Buffer.alloc(0));
  // What was written last has its time.
  expect([taken, lost.destroyed]).toEqual([[lost, other], false]);
  vi.runAllTimers();
  expect([lost.destroyed, other.destroyed]).toEqual([true, false]);
});
