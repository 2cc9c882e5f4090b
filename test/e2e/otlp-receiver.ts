import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { until } from './served-app.js';

/** A span as it came. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  /** Unix time in milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of the spans that it links to. */
  readonly links: readonly string[];
  /** 2 is an error. */
  readonly status: number;
  readonly service: string;
  readonly pid: number;
}

/** Takes what OTLP exporters send: protobuf over HTTP, by the field numbers of opentelemetry-proto. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Header `x-key` of each export. */
  readonly keys: unknown[] = [];

  private constructor(readonly url: string) {}

  static async start(): Promise<OtlpReceiver & AsyncDisposable> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = new OtlpReceiver(`http://127.0.0.1:${port}`);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        const isTraces = request.url === '/v1/traces';
        if (isTraces) receiver.take(body, request.headers['x-key']);
        response
          .writeHead(isTraces ? 200 : 404, { 'content-type': 'application/x-protobuf' })
          .end();
      });
    });
    return Object.assign(receiver, {
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    });
  }

  of(traceId: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** The spans of a trace by their names, once there are `count` of them. */
  async trace(traceId: string, count: number): Promise<ReadonlyMap<string, ReceivedSpan>> {
    await until(
      () => this.of(traceId).length >= count,
      10_000,
      () =>
        this.of(traceId)
          .map(({ name }) => name)
          .join(', '),
    );
    return new Map(this.of(traceId).map((span) => [span.name, span]));
  }

  private take(body: Buffer, key: unknown): void {
    this.keys.push(key);
    for (const resourceSpans of read(body).all(1)) {
      const resource = attributesOf(read(resourceSpans).message(1).all(1));
      for (const scopeSpans of read(resourceSpans).all(2)) {
        for (const span of read(scopeSpans).all(2)) this.spans.push(toSpan(read(span), resource));
      }
    }
  }
}

function toSpan(span: Message, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  return {
    traceId: span.bytes(1).toString('hex'),
    spanId: span.bytes(2).toString('hex'),
    parentId: span.bytes(4).toString('hex'),
    name: span.bytes(5).toString(),
    kind: span.number(6),
    startMs: Number(span.bytes(7).readBigUInt64LE()) / 1e6,
    endMs: Number(span.bytes(8).readBigUInt64LE()) / 1e6,
    attributes: attributesOf(span.all(9)),
    links: span.all(13).map((link) => read(link).bytes(2).toString('hex')),
    status: span.message(15).number(3),
    service: String(resource['service.name']),
    pid: Number(resource['process.pid']),
  };
}

function attributesOf(pairs: readonly Buffer[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const value = read(pair).message(2);
      const text = value.all(1)[0]?.toString();
      return [read(pair).bytes(1).toString(), text ?? value.number(3)];
    }),
  );
}

/** A protobuf message: bytes of its fields by number; a varint is kept as 8 bytes. */
class Message {
  private readonly fields = new Map<number, Buffer[]>();

  add(field: number, value: Buffer): void {
    this.fields.set(field, [...this.all(field), value]);
  }

  all(field: number): readonly Buffer[] {
    return this.fields.get(field) ?? [];
  }

  bytes(field: number): Buffer {
    return this.all(field)[0] ?? Buffer.alloc(0);
  }

  message(field: number): Message {
    return read(this.bytes(field));
  }

  number(field: number): number {
    const [value] = this.all(field);
    return value === undefined ? 0 : Number(value.readBigUInt64LE());
  }
}

const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function read(bytes: Buffer): Message {
  const message = new Message();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = tag & 7;
    if (type === 0) {
      const value = Buffer.alloc(8);
      value.writeBigUInt64LE(BigInt.asUintN(64, varint()));
      message.add(tag >> 3, value);
      continue;
    }
    const length = type === 2 ? Number(varint()) : FIXED[type];
    if (length === undefined) throw new Error(`Wire type ${type} is none of protobuf's.`);
    message.add(tag >> 3, bytes.subarray(at, at + length));
    at += length;
  }
  return message;
}
