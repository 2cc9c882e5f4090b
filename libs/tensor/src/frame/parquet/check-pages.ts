import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, FileMetaData, PageHeader } from 'hyparquet';
import { malformedFrame } from '../frame-errors.js';
import { checkRuns } from './page-runs.js';

/** What a page is checked against. */
interface PageLimits {
  readonly column: ColumnMetaData;
  readonly isOptional: boolean;
  /** Rows of its row group. */
  readonly rows: number;
}

/** The parts of hyparquet that read a page. */
export interface PageReader {
  readonly parquetHeader: (reader: { view: DataView; offset: number }) => PageHeader;
  readonly snappyUncompress: (input: Uint8Array, output: Uint8Array) => boolean | void;
}

/** Bytes that any file may have when it is decompressed, and how many times its own size. */
const MIN_UNCOMPRESSED = 64 * 2 ** 20;
const MAX_EXPANSION = 20;

/** Those that the reader makes no more of than there are values; pandas writes no others unless told. */
const ENCODINGS: ReadonlySet<string> = new Set([
  'PLAIN',
  'RLE',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
]);

/**
 * Walks the pages of a file before it is read, for the reader believes what they say: how large they
 * are uncompressed, how many values they hold, how often a run repeats.
 */
export class PageCheck {
  private uncompressed = 0;
  private readonly limit: number;
  readonly compressors: Compressors;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly reader: PageReader,
  ) {
    this.limit = Math.max(MIN_UNCOMPRESSED, MAX_EXPANSION * bytes.length);
    this.compressors = {
      SNAPPY: (input, length) => {
        const output = new Uint8Array(length);
        reader.snappyUncompress(input, output);
        return output;
      },
      GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
      BROTLI: (input, length) =>
        brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
    };
  }

  /**
   * @param columns - Which of the columns that are read say which of their values are null.
   * @throws InvalidDataFrameError
   */
  run(metadata: FileMetaData, columns: ReadonlyMap<string, boolean>): void {
    let total = 0n;
    for (const { num_rows: rows, columns: chunks } of metadata.row_groups) {
      if (rows < 0n) throw malformedFrame('Expected a Parquet file, got a negative size.');
      total += rows;
      for (const { meta_data: column, file_path: elsewhere } of chunks) {
        if (column === undefined || elsewhere !== undefined) {
          throw malformedFrame('Expected a Parquet file that holds its own columns.');
        }
        const isOptional = columns.get(column.path_in_schema[0]);
        if (isOptional !== undefined) this.column({ column, isOptional, rows: Number(rows) });
      }
    }
    if (total === metadata.num_rows) return;
    throw malformedFrame(`Expected ${metadata.num_rows} rows in all groups, got ${total}.`);
  }

  private column(limits: PageLimits): void {
    const { column, rows } = limits;
    const { codec, dictionary_page_offset: dictionary, data_page_offset: data } = column;
    if (codec !== 'UNCOMPRESSED' && !(codec in this.compressors)) {
      throw malformedFrame(
        `Expected a Parquet file without compression or with snappy, gzip or brotli, got ${codec}. Write it with compression="snappy".`,
      );
    }
    const hasDictionary = dictionary !== undefined && dictionary !== 0n;
    const start = Number(hasDictionary ? dictionary : data);
    const end = start + Number(column.total_compressed_size);
    const { buffer, byteOffset } = this.bytes;
    if (start < 0 || end < start || end > this.bytes.length) {
      throw malformedFrame('Expected a Parquet file, got a column that lies outside of it.');
    }
    const view = new DataView(buffer, byteOffset + start, end - start);
    const reader = { view, offset: 0 };
    let values = 0;
    // The reader ends where less than a page can follow, and where it has all rows.
    while (reader.offset < view.byteLength - 1 && values < rows) {
      const header = this.reader.parquetHeader(reader);
      const size = header.compressed_page_size;
      if (!(size >= 0) || size > view.byteLength - reader.offset) {
        throw malformedFrame('Expected a Parquet file, got a page that is cut off.');
      }
      const page = new Uint8Array(buffer, view.byteOffset + reader.offset, size);
      values += this.page(header, page, limits);
      reader.offset += size;
    }
  }

  /** Checks a page, and says how many values it holds. */
  private page(header: PageHeader, page: Uint8Array, limits: PageLimits): number {
    const { rows } = limits;
    this.uncompressed += header.uncompressed_page_size;
    if (!(header.uncompressed_page_size >= 0) || this.uncompressed > this.limit) {
      throw malformedFrame(
        `Expected a Parquet file of at most ${this.limit} bytes uncompressed, got more. Send fewer rows at a time.`,
      );
    }
    // By the type and not by which headers there are, as the reader does.
    switch (header.type) {
      case 'DICTIONARY_PAGE':
        checkCount(header.dictionary_page_header?.num_values, 8 * header.uncompressed_page_size);
        return 0;
      case 'DATA_PAGE':
        checkCount(header.data_page_header?.num_values, rows);
        return this.dataPage(header, page, limits);
      case 'DATA_PAGE_V2':
        checkCount(header.data_page_header_v2?.num_values, rows);
        return this.dataPageV2(header, page, limits);
      default:
        throw malformedFrame('Expected a Parquet file, got an unknown page.');
    }
  }

  /** Levels and values are compressed as one; the levels begin with their length. */
  private dataPage(header: PageHeader, page: Uint8Array, limits: PageLimits): number {
    const { num_values: count = 0, encoding = 'PLAIN' } = header.data_page_header ?? {};
    const bytes = this.decompress(page, header.uncompressed_page_size, limits);
    let at = 0;
    if (limits.isOptional) {
      at = 4 + lengthAt(bytes, 0);
      checkRuns({ bytes, start: 4, width: 1, count });
    }
    // A width of 0 stands for so many zeros, and nothing is read.
    if (isDictionary(encoding) && bytes[at] === 0) return count;
    checkValues(bytes.subarray(at), limits.column, { encoding, count });
    return count;
  }

  /** Levels are never compressed, and the header has their length. */
  private dataPageV2(header: PageHeader, page: Uint8Array, limits: PageLimits): number {
    const v2 = header.data_page_header_v2;
    if (v2 === undefined) return 0;
    const { num_values: count, num_nulls: nulls, encoding } = v2;
    const levels = v2.definition_levels_byte_length;
    const maxLevels = limits.isOptional ? page.length : 0;
    if (v2.repetition_levels_byte_length !== 0 || !(levels >= 0) || levels > maxLevels) {
      throw malformedFrame('Expected a Parquet file, got levels that do not fit their page.');
    }
    checkCount(nulls, count);
    if (limits.isOptional) checkRuns({ bytes: page, start: 0, width: 1, count });
    const rest = page.subarray(levels);
    const length = header.uncompressed_page_size - levels;
    const bytes = v2.is_compressed === false ? rest : this.decompress(rest, length, limits);
    if (nulls === count) return count;
    checkValues(bytes, limits.column, { encoding, count });
    return count;
  }

  private decompress(page: Uint8Array, length: number, { column }: PageLimits): Uint8Array {
    const decompress = this.compressors[column.codec];
    return decompress === undefined ? page : decompress(page, length);
  }
}

interface ValueBlock {
  readonly encoding: string;
  readonly count: number;
}

/** Indices of a dictionary begin with their width, booleans in runs with their length. */
function checkValues(bytes: Uint8Array, { type }: ColumnMetaData, block: ValueBlock): void {
  const { encoding, count } = block;
  const isBoolean = type === 'BOOLEAN';
  const isRuns = encoding === 'RLE';
  if (!ENCODINGS.has(encoding) || (isBoolean ? isDictionary(encoding) : isRuns)) {
    throw malformedFrame(
      `Expected a Parquet file in the encodings ${[...ENCODINGS].join(', ')}, got ${encoding} of ${type}.`,
    );
  }
  if (isRuns) checkRuns({ bytes, start: 4, width: 1, count });
  else if (isDictionary(encoding)) checkRuns({ bytes, start: 1, width: bytes[0] ?? 0, count });
}

function isDictionary(encoding: string): boolean {
  return encoding.endsWith('_DICTIONARY');
}

function lengthAt(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4) throw malformedFrame('Expected a Parquet file, got a page cut off.');
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function checkCount(got: number | undefined, limit: number): void {
  if (got !== undefined && got >= 0 && got <= limit) return;
  throw malformedFrame(
    `Expected a Parquet file with at most ${limit} values in a page, got one that says ${got}.`,
  );
}
