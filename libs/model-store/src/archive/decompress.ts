import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidArchiveError } from '../model-store.errors.js';

const CURE = 'Export it as tar, tar.gz or tar.xz.';
const MAGIC_BYTES = 6;

/** How files of a kind begin, and what becomes of them: BentoML's own .bentomodel is tar.xz. */
const KINDS: readonly {
  readonly magic: readonly number[];
  readonly open: (bytes: Readable) => Readable | Promise<Readable>;
}[] = [
  { magic: [0x1f, 0x8b], open: (bytes) => bytes.pipe(createGunzip()) },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: openXz },
  { magic: [...Buffer.from('BZh')], open: () => refuse('bzip2') },
  { magic: [...Buffer.from('PK')], open: () => refuse('zip') },
];

/** The bytes of a tar archive, whether they are compressed or not. */
export async function decompress(source: Readable): Promise<Readable> {
  const [head, bytes] = await peek(source);
  const kind = KINDS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (kind === undefined) return bytes;
  const opened = await kind.open(bytes);
  // pipe() hands on bytes, not errors.
  bytes.on('error', (error) => opened.destroy(error));
  return opened;
}

function refuse(format: string): never {
  throw new InvalidArchiveError(`Expected a tar archive, got ${format}. ${CURE}`);
}

async function openXz(bytes: Readable): Promise<Readable> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  const web = Readable.toWeb(bytes) as ReadableStream<Uint8Array>;
  return Readable.fromWeb(new XzReadableStream(web) as never);
}

/** The first bytes, and a stream that has them still. */
async function peek(source: Readable): Promise<[Buffer, Readable]> {
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isDone = false;
  while (head.length < MAGIC_BYTES && !isDone) {
    const { value, done } = await chunks.next();
    if (done === true) isDone = true;
    else head = Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    if (!isDone) yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return [head, Readable.from(all(), { objectMode: false })];
}
