import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultApp } from '../faults/fault-app.js';
import { until } from './served-app.js';

describe.each([{ embedded: false }, { embedded: true }])('errors of a Runnable, %j', (runner) => {
  let app: FaultApp;

  beforeAll(async () => {
    app = await FaultApp.start({ runner });
  });

  afterAll(() => app.end());

  it('have the class, status, code and message that it gave them', async () => {
    const caught = async (kind: string): Promise<unknown> =>
      (await app.served.post('/caught', { method: 'fail', argument: kind })).json();
    expect(await caught('quota')).toEqual({
      name: 'QuotaError',
      message: 'The quota is used up.',
      code: 'QUOTA_EXHAUSTED',
      statusCode: 429,
      details: { left: 0 },
      isQuota: true,
      isBento: true,
    });
    expect(await caught('http')).toMatchObject({
      name: 'ImATeapotException',
      statusCode: 418,
      message: 'short and stout',
      response: { message: 'short and stout', spout: true },
      isQuota: false,
    });
  });

  it('reach the client', async () => {
    const quota = await app.single('fail', 'quota');
    expect([quota.status, quota.headers.get('retry-after')]).toEqual([429, '7']);
    const { errorCode, message } = (await quota.json()) as Record<string, string>;
    expect([errorCode, message]).toEqual(['QUOTA_EXHAUSTED', 'The quota is used up.']);
    const http = await app.single('fail', 'http');
    expect(http.status).toBe(418);
    expect(await http.json()).toMatchObject({
      statusCode: 418,
      message: 'short and stout',
      errorCode: 'IM_A_TEAPOT',
      details: { spout: true },
    });
  });

  it('that are unplanned are in the log, under the request that got none of their text', async () => {
    const plain = await app.single('fail', 'plain');
    const body = await plain.text();
    expect([plain.status, body]).toEqual([500, expect.not.stringContaining('secret')]);
    const { requestId: id } = JSON.parse(body) as { requestId: string };
    const lines = (): string[] =>
      app.served.records.flatMap(({ level, requestId, err }) =>
        level === 50 && requestId === id ? [JSON.stringify(err)] : [],
      );
    await until(() => lines().length > 0, 5000);
    expect(lines()).toEqual([expect.stringContaining('secret of the worker')]);
  });
});
