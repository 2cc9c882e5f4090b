import { connect } from 'node:net';
import type { Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** How a request ended; 0: without an answer. */
export type OnAnswer = (status: number) => void;

/**
 * One kept-alive connection with one request on it at a time. It reads no more of HTTP than what
 * Fastify writes (a status and a Content-Length), so that the generator costs less than the server.
 */
export class HttpConnection {
  private received: Buffer = Buffer.alloc(0);
  private onAnswer: OnAnswer | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => this.end(0));
    socket.on('close', () => this.end(0));
  }

  static open(port: number, host: string): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket));
      });
    });
  }

  get isOpen(): boolean {
    return this.socket.writable;
  }

  send(request: Buffer, onAnswer: OnAnswer): void {
    this.onAnswer = onAnswer;
    this.socket.write(request);
  }

  close(): void {
    this.onAnswer = undefined;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.socket.destroy();
      return;
    }
    if (this.received.length < headEnd + HEAD_END.length + Number(length)) return;
    this.received = Buffer.alloc(0);
    this.end(Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
  }

  private end(status: number): void {
    const { onAnswer } = this;
    this.onAnswer = undefined;
    onAnswer?.(status);
  }
}

/** The bytes of a POST, made once. */
export function toRequestBytes(url: string, body: Uint8Array, contentType: string): Buffer {
  const { host, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    `Content-Type: ${contentType}`,
    'Accept: application/json',
    `Content-Length: ${body.length}`,
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head + HEAD_END), body]);
}
