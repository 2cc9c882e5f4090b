import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { BodyBytes } from '../body-bytes.js';
import { fileTooLarge } from '../file/file.js';
import type { IoDescriptor } from '../io-descriptor.js';
import { missingParts, partTooLarge, repeatedPart, unknownPart } from './form-errors.js';
import type { FormFields, FormLimits } from './form-limits.js';
import { partContentType } from './part-headers.js';
import { MemoryBudget, spool } from './spool.js';

/** What a part says of itself before its bytes. */
export interface PartHead {
  readonly name: string;
  readonly filename?: string;
  readonly headers: IncomingHttpHeaders;
}

/** The parts of one form: which of them have come, and what they were decoded to. */
export class FormParts {
  private readonly values = new Map<string, unknown>();
  private readonly spooled: Readable[] = [];
  private readonly budget: MemoryBudget;

  constructor(
    private readonly fields: FormFields,
    private readonly limits: FormLimits,
  ) {
    this.budget = new MemoryBudget(limits.maxMemoryBytes);
  }

  /**
   * Takes note of a part that comes.
   *
   * @returns who decodes it; undefined for one that is dropped.
   * @throws InvalidBodyError for one that came before, or is not declared where that is refused.
   */
  claim(name: string): IoDescriptor | undefined {
    const descriptor = this.fields.get(name);
    if (descriptor === undefined) {
      if (this.limits.forbidUnknown) throw unknownPart(name, [...this.fields.keys()]);
      return undefined;
    }
    if (this.values.has(name)) throw repeatedPart(name);
    this.values.set(name, undefined);
    return descriptor;
  }

  /** Decodes the bytes of a part as they come. */
  async decode(
    descriptor: IoDescriptor,
    { name, headers, filename }: PartHead,
    bytes: AsyncIterable<Buffer>,
  ): Promise<void> {
    const contentType = partContentType(headers['content-type'], descriptor.contentTypes);
    if (descriptor.reads === 'buffer') {
      const body = await collect(bytes, this.limits.maxPartBytes);
      this.values.set(name, await descriptor.decode({ contentType, headers, filename, body }));
      return;
    }
    const { maxBytes } = descriptor;
    const { budget } = this;
    const { stream, size } = await spool(bytes, { budget, maxBytes, tooLarge: fileTooLarge });
    this.spooled.push(stream);
    const known = { ...headers, 'content-length': String(size) };
    const part = { contentType, headers: known, filename, body: stream };
    this.values.set(name, await descriptor.decode(part));
  }

  /** The values by name. @throws InvalidBodyError naming the parts that have not come. */
  complete(): ReadonlyMap<string, unknown> {
    const { optional } = this.limits;
    const missing = [...this.fields.keys()].filter(
      (name) => !this.values.has(name) && !optional.has(name),
    );
    if (missing.length > 0) throw missingParts(missing, [...this.values.keys()]);
    return this.values;
  }

  /** Lets go of the files. */
  release(): void {
    for (const stream of this.spooled) stream.destroy();
  }
}

async function collect(part: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const bytes = new BodyBytes();
  for await (const chunk of part) {
    bytes.add(chunk);
    if (bytes.length > maxBytes) throw partTooLarge(maxBytes);
  }
  return bytes.take();
}
