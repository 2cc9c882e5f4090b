import { checkCellCount, malformedFrame } from '../frame-errors.js';
import { FlatBuffer } from './flat-table.js';
import type { FlatTable } from './flat-table.js';

// Slots and kinds as in Arrow's Message.fbs and Schema.fbs.
const MESSAGE = { kind: 1, header: 2, bodyLength: 3, metadata: 4 };
const KIND = { schema: 1, dictionary: 2, batch: 3 };
const SCHEMA = { fields: 1, metadata: 2, features: 3 };
const FIELD = { name: 0, children: 5, metadata: 6 };
const KEY_VALUE = { key: 0, value: 1 };
const BATCH = { length: 0, nodes: 1, buffers: 2, variadicCounts: 4 };
const DICTIONARY = { data: 1 };

const CONTINUATION = 0xffffffff;
const PREFIX_BYTES = 8;
const MAX_DEPTH = 16;

/**
 * Walks the headers of a stream before it is read, for apache-arrow believes what they say: how long
 * lists are, how many rows a batch has, where its buffers lie.
 *
 * @throws InvalidDataFrameError
 */
export function checkMessages(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let rows = 0;
  while (at + PREFIX_BYTES <= bytes.length) {
    if (view.getUint32(at, true) !== CONTINUATION) {
      throw malformedFrame(
        'Expected an Arrow IPC stream, got other bytes. Send a stream, no file.',
      );
    }
    const length = view.getInt32(at + 4, true);
    if (length === 0) return;
    const start = at + PREFIX_BYTES;
    if (length < 0 || start + length > bytes.length) throw cutOff();
    const message = new FlatBuffer(bytes.subarray(start, start + length)).root();
    const body = message.long(MESSAGE.bodyLength);
    at = start + length + Number(body);
    if (body < 0n || at > bytes.length) throw cutOff();
    rows += checkMessage(message, body);
    checkCellCount(rows, 1, bytes.length);
  }
}

/** Rows of the message. */
function checkMessage(message: FlatTable, body: bigint): number {
  checkMetadata(message, MESSAGE.metadata);
  const header = message.table(MESSAGE.header);
  if (header === undefined) throw cutOff();
  switch (message.byte(MESSAGE.kind)) {
    case KIND.schema:
      checkMetadata(header, SCHEMA.metadata);
      header.list(SCHEMA.features, 8);
      for (const field of header.tables(SCHEMA.fields)) checkField(field, 0);
      return 0;
    case KIND.batch:
      return checkBatch(header, body);
    case KIND.dictionary: {
      const data = header.table(DICTIONARY.data);
      return data === undefined ? 0 : checkBatch(data, body);
    }
    default:
      throw malformedFrame('Expected an Arrow IPC stream, got a message that holds no table.');
  }
}

function checkField(field: FlatTable, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw malformedFrame(`Expected columns nested at most ${MAX_DEPTH} deep, got deeper.`);
  }
  field.list(FIELD.name, 1);
  checkMetadata(field, FIELD.metadata);
  for (const child of field.tables(FIELD.children)) checkField(child, depth + 1);
}

function checkMetadata(table: FlatTable, slot: number): void {
  for (const entry of table.tables(slot)) {
    entry.list(KEY_VALUE.key, 1);
    entry.list(KEY_VALUE.value, 1);
  }
}

function checkBatch(batch: FlatTable, body: bigint): number {
  const rows = batch.long(BATCH.length);
  const isSafe = rows >= 0n && rows <= BigInt(Number.MAX_SAFE_INTEGER);
  // Length and number of nulls of each column. Lists have items of their own; they are refused later.
  const sizes = batch.longs(BATCH.nodes, 2);
  const variadic = batch.longs(BATCH.variadicCounts, 1);
  const buffers = batch.longs(BATCH.buffers, 2);
  const isInside = buffers.every((value, at) => {
    const start = at % 2 === 0 ? 0n : buffers[at - 1];
    return value >= 0n && start + value <= body;
  });
  if (!isSafe || !isInside || sizes.some((size) => size < 0n) || variadic.length > 0)
    throw cutOff();
  let most = Number(rows);
  for (let at = 0; at < sizes.length; at += 2) most = Math.max(most, Number(sizes[at]));
  return most;
}

function cutOff(): Error {
  return malformedFrame('Expected an Arrow IPC stream, got bytes that are none, or cut off.');
}
