import { expect, it, vi } from 'vitest';

const ACCESS = {
  level: 30,
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  pid: 1,
  context: 'Access',
  method: 'POST',
  route: '/classify',
  status: 200,
  durationMs: 1.25,
  responseBytes: 3,
  requestId: 'req-1',
  msg: 'POST /classify 200',
};
const ERROR = {
  level: 50,
  time: ACCESS.time,
  pid: 1,
  context: 'Prices',
  count: 2,
  err: { type: 'Error', message: 'boom', stack: 'Error: boom\n    at here' },
  msg: 'boom',
};
const RUNNER = { level: 40, time: ACCESS.time, pid: 1, runner: 'iris', msg: 'slow' };

const TIME = String.raw`\[\d\d:0[45]:05\.006\]`;

async function show(library: 'with' | 'without', record: object): Promise<string> {
  vi.resetModules();
  if (library === 'without') {
    vi.doMock('node:module', () => ({
      createRequire: () => () => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      },
    }));
  }
  const { createReadable: create } = await import('./readable.js');
  vi.doUnmock('node:module');
  return create()(`${JSON.stringify(record)}\n`);
}

it.each(['with', 'without'] as const)(
  'shows a line for people, %s pino-pretty',
  async (library) => {
    expect(await show(library, ACCESS)).toMatch(
      new RegExp(
        String.raw`^${TIME} INFO: \[Access\] POST /classify 200 in 1.25 ms, 3 B \(request req-1\)\n$`,
      ),
    );
    expect(await show(library, { ...ACCESS, status: 404, path: '/nope', route: '' })).toContain(
      'POST /nope 404',
    );
    expect(await show(library, RUNNER)).toMatch(
      new RegExp(String.raw`^${TIME} WARN: \[iris\] slow\n$`),
    );
    const error = await show(library, ERROR);
    expect(error).toMatch(new RegExp(String.raw`^${TIME} ERROR: \[Prices\] boom`));
    expect(error).toContain('"count":2');
    expect(error).toContain('at here');
  },
);
