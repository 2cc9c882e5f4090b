import { parse } from 'secure-json-parse';
import { joinPath } from '../dto/field-error.js';
import { InvalidBodyError } from '../io.errors.js';
import { decodeUtf8 } from '../text/decode-utf8.js';
import { checkJsonText } from './check-json-text.js';

/**
 * Parses a JSON body. Nesting is bounded before anything recursive sees the value; keys that would
 * reach a prototype are refused, and numbers that no double holds, such as `1e999`.
 *
 * @throws InvalidBodyError
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) {
    throw new InvalidBodyError('Expected a JSON body, got an empty one. Send a JSON object.');
  }
  const mayOverflow = checkJsonText(body);
  const value = tryParse(decodeUtf8(body));
  if (mayOverflow) refuseInfinity(value, '');
  return value;
}

/** Bounds nesting before anything recursive sees the value. @throws InvalidBodyError */
export function checkJsonDepth(body: Buffer): void {
  checkJsonText(body);
}

function tryParse(text: string): unknown {
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

/** JSON has no infinity: one in what was parsed is a number that was too large. */
function refuseInfinity(value: unknown, path: string): void {
  if (typeof value === 'object' && value !== null) {
    const isList = path === '' && Array.isArray(value);
    for (const [key, nested] of Object.entries(value)) {
      if (typeof nested !== 'object' && isFinite(nested)) continue;
      refuseInfinity(nested, isList ? `[${key}]` : joinPath(path, key));
    }
  } else if (!isFinite(value)) {
    const where = path === '' ? '' : ` at ${path}`;
    throw new InvalidBodyError(
      `Expected numbers within ±1.7976931348623157e308${where}, got one beyond. JSON has no infinity: leave it out, or send it as a string.`,
      path === '' ? {} : { details: { field: path } },
    );
  }
}

function isFinite(value: unknown): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}
