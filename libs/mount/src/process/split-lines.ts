import type { Readable } from 'node:stream';

/** A line is given in pieces of so many letters: what never ends one would fill the memory. */
const MAX_LENGTH = 64 * 1024;
/** The middle one also where a progress bar draws itself anew. */
const LINE_END = /\r\n|\r|\n/;

/** Calls `onLine` with each line of a stream of UTF-8, and of a long one with each piece. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  let endsInReturn = false;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    // The two halves of one end.
    const text = endsInReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    endsInReturn = chunk.endsWith('\r');
    const lines = text.split(LINE_END);
    const last = lines.pop() ?? '';
    for (const line of lines) {
      cut(rest + line);
      rest = '';
    }
    rest += last;
    while (rest.length > MAX_LENGTH) {
      onLine(rest.slice(0, MAX_LENGTH));
      rest = rest.slice(MAX_LENGTH);
    }
  });
  stream.once('end', () => {
    if (rest !== '') cut(rest);
  });

  function cut(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += MAX_LENGTH)
      onLine(line.slice(at, at + MAX_LENGTH));
  }
}
