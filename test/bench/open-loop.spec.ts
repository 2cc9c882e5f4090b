import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { applyPoissonLoad } from './poisson-load.js';
import type { PoissonFigures } from './poisson-load.js';
import { RateSearch } from './rate-search.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers the nth request as it is told. */
async function listen(
  answer: (request: number) => { readonly delayMs: number; readonly status: number },
): Promise<string> {
  let requests = 0;
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const { delayMs, status } = answer(++requests);
      const send = (): unknown => response.writeHead(status, { 'content-length': 2 }).end('[]');
      if (delayMs === 0) send();
      else setTimeout(send, delayMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function load(url: string, connections: number): Promise<PoissonFigures> {
  return applyPoissonLoad({
    url,
    body: Buffer.from('[]'),
    contentType: 'application/json',
    requestsPerSecond: 300,
    seconds: 0.6,
    connections,
    seed: 1,
    giveUpAt: 10_000,
  });
}

describe('the Poisson load', () => {
  it('counts the wait of all that was due during a stall', async () => {
    const url = await listen((nth) => ({ delayMs: nth === 50 ? 100 : 0, status: 200 }));
    // On one connection only one request of 180 is ever slow: counted from when they were sent, the
    // 99th percentile would not show the stall.
    const { p99Ms, failed } = await load(url, 1);
    expect(failed).toBe(0);
    expect(p99Ms).toBeGreaterThan(60);
  });

  it('tells answers that are not 2xx', async () => {
    const url = await listen((nth) => ({ delayMs: 0, status: nth % 2 === 0 ? 503 : 200 }));
    const { due, failed } = await load(url, 20);
    expect(due).toBeGreaterThan(100);
    expect(failed).toBe(Math.floor(due / 2));
  });

  it('counts a request without an answer as failed, and as late as can be', async () => {
    const url = await listen((nth) => ({ delayMs: nth % 20 === 0 ? 60_000 : 0, status: 200 }));
    const { due, failed, p99Ms } = await load(url, 300);
    expect(failed).toBe(Math.floor(due / 20));
    expect(p99Ms).toBe(Infinity);
  });
});

describe('the search', () => {
  it.each([1, 90, 1000, 1500, 23_456])('finds a threshold of %d', (threshold) => {
    const search = new RateSearch(1000);
    for (let { next } = search; next !== undefined; { next } = search) {
      search.tell(next, next <= threshold);
    }
    expect(search.highest).toBeLessThanOrEqual(threshold);
    expect(search.highest).toBeGreaterThan(threshold * 0.95);
  });

  it('ends where no rate holds', () => {
    const search = new RateSearch(1000);
    for (let { next } = search; next !== undefined; { next } = search) search.tell(next, false);
    expect(search.highest).toBe(0);
  });
});
