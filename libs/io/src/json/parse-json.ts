import { parse } from 'secure-json-parse';
import { InvalidBodyError } from '../io.errors.js';
import { decodeUtf8 } from '../text/decode-utf8.js';

const MAX_DEPTH = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/**
 * Parses a JSON body. Nesting is bounded before anything recursive sees the value, and keys that
 * would reach a prototype are refused.
 *
 * @throws InvalidBodyError
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) {
    throw new InvalidBodyError('Expected a JSON body, got an empty one. Send a JSON object.');
  }
  checkJsonDepth(body);
  const text = decodeUtf8(body);
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' }) as unknown;
  } catch (cause) {
    throw new InvalidBodyError(`Expected a JSON body. ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  // Node quotes the body in its message; a client knows what it sent, a log should not.
  const position = /at position (\d+)/.exec(text)?.[1];
  if (position !== undefined) return `It is malformed at character ${position}.`;
  return text.includes('forbidden prototype') ? `${text}.` : 'It is malformed or cut off.';
}

/** Bounds nesting before anything recursive sees the value. @throws InvalidBodyError */
export function checkJsonDepth(body: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (OPENERS.has(byte)) {
      if (++depth > MAX_DEPTH) {
        throw new InvalidBodyError(
          `Expected JSON nested at most ${MAX_DEPTH} deep, got deeper at byte ${i}. Flatten it.`,
        );
      }
    } else if (CLOSERS.has(byte)) {
      depth--;
    }
  }
}
