import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { IoDescriptor, OutgoingBody } from 'bentonest/io';

const JSON_TYPE = 'application/json';

/**
 * Writes an item of a stream as a line of JSON by its method's output; undefined where the output
 * writes no JSON: pieces of text or of a file are sent as they are.
 */
export function createLineEncoder(
  output: IoDescriptor | undefined,
): ((item: unknown) => string | Promise<string>) | undefined {
  if (output === undefined || output.kind === 'text') return undefined;
  if (!(output.writes ?? output.contentTypes).includes(JSON_TYPE)) return undefined;
  return (item) => {
    const body = output.encode(item, JSON_TYPE);
    return body instanceof Promise ? body.then(toLine) : toLine(body);
  };
}

function toLine({ body }: OutgoingBody): string | Promise<string> {
  if (body instanceof Readable) return text(body).then((json) => `${json}\n`);
  return `${body.toString()}\n`;
}
