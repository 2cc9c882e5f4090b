import { once } from 'node:events';
import { request as sendRequest } from 'node:http';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from './http2-session.js';
import { ScrapedMetrics } from './scraped-metrics.js';
import { ServedApp, until } from './served-app.js';

const entry = 'dist/test/fixtures/limits-app/main.js';
const LIMITS_APP = JSON.stringify({ maxConcurrency: 2 });
const LATE = { 'x-late': '200' };

const countOf = (app: ServedApp, line: string): number =>
  app.output.split('\n').filter((each) => each === line).length;

describe('a client that leaves', () => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await ServedApp.start({ entry, env: { LIMITS_APP } });
  });

  afterAll(() => app.end());

  /** As many as are let in at a time. */
  async function expectAllPlaces(): Promise<void> {
    const answers = await Promise.all([app.get('/legacy/50'), app.get('/legacy/50')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }

  const inProgress = async (endpoint: string): Promise<number | undefined> =>
    new ScrapedMetrics(await (await app.get('/metrics')).text()).get(
      `bentoml_api_server_request_in_progress{endpoint="${endpoint}",service_name="",service_version=""}`,
    );

  it.each([
    ['/legacy/1', '/legacy'],
    ['/plain/buffered', '/plain/buffered'],
  ])('while a middleware waits gives up its place, and is counted (%s)', async (path, endpoint) => {
    const before = countOf(app, `request ${endpoint} 499`);
    const asked = countOf(app, 'legacy /1');
    for (let at = 0; at < 2; at++) {
      const leaving = sendRequest(app.url + path, { headers: LATE }).end();
      leaving.on('error', () => undefined);
      await once(leaving, 'socket');
      setTimeout(() => leaving.destroy(), 100);
    }
    await until(() => countOf(app, `request ${endpoint} 499`) === before + 2, 5000);
    expect(countOf(app, 'legacy /1')).toBe(asked);
    expect(await inProgress(endpoint)).toBe(0);
    await expectAllPlaces();
  });

  it('with a request behind another one gives up the places of both', async () => {
    const before = countOf(app, 'request /legacy 499');
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    const lines = ['/legacy/400', '/legacy/2'].map(
      (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    socket.write(lines.join(''));
    // The second is answered, in vain: it has to wait for the first.
    await until(() => countOf(app, 'legacy /2') === 1, 5000);
    setTimeout(() => socket.destroy(), 100);
    await until(() => countOf(app, 'request /legacy 499') === before + 2, 5000);
    expect(await inProgress('/legacy')).toBe(0);
    await expectAllPlaces();
  });
});

describe('a stream of HTTP/2 that is reset while a middleware waits', () => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await ServedApp.spawn({
      entry,
      env: { LIMITS_APP, BENTONEST__SERVER__HTTP2: 'true' },
    });
  });

  afterAll(() => app.end());

  it('reaches no application, and gives up its place', async () => {
    const session = await openSession(app);
    for (let at = 0; at < 2; at++) {
      const stream = session.request({ ':method': 'POST', ':path': '/legacy/1', ...LATE });
      stream.on('error', () => undefined);
      stream.write('half');
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 100);
    }
    // Whose it would have been is not known by then.
    await until(() => countOf(app, 'request  499') === 2, 5000);
    await sleep(200);
    expect(app.output).not.toMatch(/^(?:legacy|request \/legacy)/m);
    const statuses = ['/legacy/50', '/legacy/50'].map(async (path) => {
      const stream = session.request({ ':path': path });
      const [head] = (await once(stream, 'response')) as [{ ':status'?: number }];
      return head[':status'];
    });
    expect(await Promise.all(statuses)).toEqual([200, 200]);
    session.destroy();
  });
});
