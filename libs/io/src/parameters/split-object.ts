import { InvalidBodyError } from '../io.errors.js';
import { MAX_JSON_DEPTH, tooDeep } from '../json/check-json-text.js';
import { parseJsonBody } from '../json/parse-json.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * The values of a JSON object as they were written, by their names, of which the last counts. They are
 * views of `body`, not parsed: whoever reads a value checks it.
 *
 * @throws InvalidBodyError when it is no object or malformed, naming the byte.
 */
export function splitObject(body: Buffer): ReadonlyMap<string, Buffer> {
  return new ObjectSplitter(body).split();
}

class ObjectSplitter {
  private position = 0;

  constructor(private readonly body: Buffer) {}

  split(): Map<string, Buffer> {
    const values = new Map<string, Buffer>();
    this.skipSpace();
    if (this.body.length === this.position) {
      throw new InvalidBodyError('Expected a JSON object, got an empty body. Send an object.');
    }
    if (this.peek() !== OPEN) {
      throw new InvalidBodyError(
        'Expected a JSON object of the parameters by name, got another value.',
      );
    }
    this.position++;
    this.skipSpace();
    if (this.peek() === CLOSE) this.position++;
    else this.readMembers(values);
    this.skipSpace();
    if (this.position < this.body.length) this.refuse();
    return values;
  }

  private readMembers(values: Map<string, Buffer>): void {
    for (;;) {
      this.skipSpace();
      const name = this.readName();
      this.skipSpace();
      this.expect(COLON);
      this.skipSpace();
      const earlier = values.get(name);
      // Nobody will read it, but what is no JSON shall not be taken for any.
      if (earlier !== undefined) parseJsonBody(earlier);
      values.set(name, this.readValue());
      this.skipSpace();
      if (this.peek() === CLOSE) break;
      this.expect(COMMA);
    }
    this.position++;
  }

  private readName(): string {
    const start = this.position;
    if (this.peek() !== QUOTE) this.refuse();
    this.skipString();
    const text = this.body.toString('utf8', start, this.position);
    if (!text.includes('\\')) return text.slice(1, -1);
    try {
      return JSON.parse(text) as string;
    } catch {
      this.position = start;
      return this.refuse();
    }
  }

  private readValue(): Buffer {
    const start = this.position;
    const first = this.peek();
    if (first === OPEN || first === OPEN_LIST) this.skipNested();
    else if (first === QUOTE) this.skipString();
    else this.skipLiteral();
    if (this.position === start) this.refuse();
    return this.body.subarray(start, this.position);
  }

  private skipNested(): void {
    // The object is the first level.
    let depth = 1;
    do {
      const byte = this.peek();
      if (byte === QUOTE) {
        this.skipString();
        continue;
      }
      if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
      if (depth > MAX_JSON_DEPTH) throw tooDeep(this.position);
      this.position++;
    } while (depth > 1);
  }

  private skipString(): void {
    this.position++;
    while (this.peek() !== QUOTE) this.position += this.peek() === BACKSLASH ? 2 : 1;
    this.position++;
  }

  private skipLiteral(): void {
    while (this.position < this.body.length) {
      const byte = this.body[this.position];
      if (byte === COMMA || byte === CLOSE || byte <= 0x20) return;
      this.position++;
    }
  }

  private skipSpace(): void {
    const { body } = this;
    for (;;) {
      const byte = body[this.position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.position++;
    }
  }

  private expect(byte: number): void {
    if (this.peek() !== byte) this.refuse();
    this.position++;
  }

  private peek(): number {
    if (this.position >= this.body.length) this.refuse();
    return this.body[this.position];
  }

  private refuse(): never {
    const where = Math.min(this.position, this.body.length);
    throw new InvalidBodyError(
      where === this.body.length
        ? `Expected a JSON body. It is cut off after byte ${where}.`
        : `Expected a JSON body. It is malformed at byte ${where}.`,
    );
  }
}
