import { inspect } from 'node:util';

/** What a call of Nest's Logger says. */
export interface LogArguments {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What a line has by itself, and no field may replace. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'msg', 'context']);

/**
 * Reads arguments as Nest's own logger does: first the message, last the context; between them a stack,
 * plain objects, whose properties become fields, and more to say.
 */
export function readLogArguments(message: unknown, rest: readonly unknown[]): LogArguments {
  const fields: Record<string, unknown> = {};
  const texts: string[] = [];
  const last = rest.at(-1);
  const hasContext = typeof last === 'string' && !isStack(last);
  if (hasContext && last !== '') fields.context = last;
  for (const value of [message, ...(hasContext ? rest.slice(0, -1) : rest)]) {
    if (value instanceof Error) {
      fields.err ??= value;
      if (texts.length === 0) texts.push(value.message);
    } else if (isStack(value) && value !== message) {
      fields.err ??= { stack: value };
    } else if (isRecord(value)) {
      addFields(fields, value);
    } else if (value !== undefined) {
      texts.push(typeof value === 'string' ? value : inspect(value));
    }
  }
  return { fields, text: texts.join(' ') };
}

function addFields(
  fields: Record<string, unknown>,
  record: Readonly<Record<string, unknown>>,
): void {
  for (const [key, value] of Object.entries(record)) {
    fields[RESERVED.has(key) ? `${key}_` : key] = value;
  }
}

function isStack(value: unknown): value is string {
  return typeof value === 'string' && /\n\s+at /.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
