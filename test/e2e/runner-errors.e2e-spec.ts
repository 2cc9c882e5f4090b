import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultApp } from '../faults/fault-app.js';

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

  it('reach the client, unplanned ones without their text', async () => {
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
    const plain = await app.single('fail', 'plain');
    expect([plain.status, await plain.text()]).toEqual([
      500,
      expect.not.stringContaining('secret'),
    ]);
    expect(app.served.output).toContain('secret of the worker');
  });
});
