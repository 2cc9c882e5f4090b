import { expect, it } from 'vitest';
import { createLogger } from './create-logger.js';
import type { CreateLoggerOptions } from './create-logger.js';

type Log = Readonly<Record<string, unknown>>;

function start(options: Partial<CreateLoggerOptions> = {}) {
  const written: string[] = [];
  const output = { write: (line: string) => void written.push(line) };
  const logger = createLogger({ level: 'info', redact: [], ...options }, output);
  return { logger, last: () => JSON.parse(written.at(-1) ?? '') as Log, written };
}

it('writes a line of JSON with level, time, pid and message, and fields of its own', () => {
  const { logger, last, written } = start({
    base: { runner: 'iris' },
    mixin: () => ({ requestId: 'a' }),
  });
  logger.info({ rows: 3 }, 'loaded');
  expect(last()).toEqual({
    level: 30,
    time: expect.any(Number),
    pid: process.pid,
    runner: 'iris',
    requestId: 'a',
    rows: 3,
    msg: 'loaded',
  });
  logger.debug('not this');
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^\{.*\}\n$/);
});

it.each([
  ['headers', (headers: object) => ({ headers })],
  ['req.headers', (headers: object) => ({ req: { headers } })],
  ['err.request.headers', (headers: object) => ({ failed: { request: { headers } } })],
])('never shows the secrets of %s', (_where, wrap) => {
  const { logger, last, written } = start({ redact: ['user.email', '*.password'] });
  const secret = 'hunter2';
  logger.info(
    wrap({
      authorization: secret,
      'proxy-authorization': secret,
      cookie: secret,
      'set-cookie': [secret],
      'x-api-key': secret,
      accept: '*/*',
    }),
  );
  expect(written.join('')).not.toContain(secret);
  expect(JSON.stringify(last())).toContain('"accept":"*/*"');
  logger.info({ user: { email: secret, name: 'Ann' }, login: { password: secret } });
  expect(written.join('')).not.toContain(secret);
  expect(last()).toMatchObject({ user: { name: 'Ann' } });
});

it('shows of an error its type, message, code, stack and causes, and no property that it carries', () => {
  const { logger, last, written } = start();
  const error = new TypeError('no answer', { cause: new Error('reset') });
  Object.assign(error, {
    code: 'E_X',
    config: { data: 'the body', headers: { authorization: 's' } },
  });
  logger.error(error);
  expect(last()).toMatchObject({
    msg: 'no answer',
    err: { type: 'TypeError', message: 'no answer', code: 'E_X' },
  });
  expect(written.join('')).toContain('caused by: Error: reset');
  expect(written.join('')).not.toContain('the body');
});

it('refuses a path that is none', () => {
  expect(() => start({ redact: ['a['] })).toThrow('a[');
});
