import type { RequestEvent, RouteInfo } from 'bentonest/serving';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ACCESS_FIELDS, DEFAULT_ACCESS_FIELDS } from './access-fields.js';
import type { AccessField } from './access-fields.js';
import { AccessLines } from './access-lines.js';

const CLASSIFY: RouteInfo = { endpoint: '/classify', method: 'POST', service: 'iris', version: '' };
const OF_ID: RouteInfo = { endpoint: '/users/:id', method: 'GET', service: '', version: '' };
const NO_ROUTE: RouteInfo = { endpoint: '', method: '', service: '', version: '' };

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function event(route: RouteInfo, sent: Sent = {}, more: Partial<RequestEvent> = {}): RequestEvent {
  const { method = 'POST', url = '/classify?token=hunter2', headers = {} } = sent;
  const request = { method, url, headers, socket: { remoteAddress: '10.0.0.1' } };
  const base = { route, requestId: 'req-1', statusCode: 200, durationMs: 1.23456 };
  return { ...base, request, response: {}, responseBytes: 3, ...more } as unknown as RequestEvent;
}

function write(
  events: readonly RequestEvent[],
  fields: readonly AccessField[] = DEFAULT_ACCESS_FIELDS,
) {
  const lines = new AccessLines(fields, (endpoint) => endpoint === '/livez');
  return events.map((each) => lines.write(each));
}

const parse = (line: string) => JSON.parse(line) as Record<string, unknown>;

it('writes what there is to know of a request, and nothing of its client or query', () => {
  const headers = { 'content-length': '21', 'user-agent': 'curl', authorization: 'hunter2' };
  const traced = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const [line] = write([event(CLASSIFY, { headers }, traced)]);
  expect(line.endsWith('}\n')).toBe(true);
  expect(parse(line)).toEqual({
    level: 30,
    time: expect.any(Number),
    pid: process.pid,
    context: 'Access',
    method: 'POST',
    route: '/classify',
    service: 'iris',
    status: 200,
    durationMs: 1.235,
    requestBytes: 21,
    responseBytes: 3,
    requestId: 'req-1',
    ...traced,
    msg: 'POST /classify 200',
  });
});

it('leaves out what is not known', () => {
  const [line] = write(
    [event(OF_ID, { method: 'GET' }, { responseBytes: undefined })],
    ['requestBytes', 'responseBytes', 'traceId', 'service'],
  );
  expect(Object.keys(parse(line))).toEqual(['level', 'time', 'pid', 'context', 'msg']);
});

it('keeps methods and statuses of a route apart', () => {
  const lines = write([
    event(CLASSIFY),
    event(CLASSIFY, {}, { statusCode: 503 }),
    event(NO_ROUTE, { method: 'GET', url: '/a' }, { statusCode: 404 }),
    event(NO_ROUTE, { method: 'PUT', url: '/b' }, { statusCode: 404 }),
    event(CLASSIFY),
  ]);
  expect(lines.map((line) => parse(line).msg)).toEqual([
    'POST /classify 200',
    'POST /classify 503',
    'GET (no route) 404',
    'PUT (no route) 404',
    'POST /classify 200',
  ]);
});

it('has the path where the template does not tell it', () => {
  const lines = write([
    event(CLASSIFY),
    event(OF_ID, { url: '/users/7?token=hunter2' }),
    event(NO_ROUTE, { url: '/nope' }),
  ]);
  expect(lines.map((line) => parse(line).path)).toEqual([undefined, '/users/7', '/nope']);
});

it('has what is asked for', () => {
  const headers = { 'user-agent': 'curl', 'content-type': 'text/plain' };
  const [line] = write([event(CLASSIFY, { headers })], [...ACCESS_FIELDS]);
  expect(parse(line)).toMatchObject({
    remoteAddress: '10.0.0.1',
    userAgent: 'curl',
    requestType: 'text/plain',
    query: 'token=hunter2',
  });
});

it('tells of what was no request its status, and the id of its answer', () => {
  const refused = { statusCode: 431, requestId: 'req-2', remoteAddress: '10.0.0.1' };
  const lineOf = (fields: readonly AccessField[]) =>
    parse(new AccessLines(fields, () => false).writeRefused(refused));
  expect(lineOf(DEFAULT_ACCESS_FIELDS)).toEqual({
    level: 30,
    time: expect.any(Number),
    pid: process.pid,
    context: 'Access',
    method: '',
    route: '',
    status: 431,
    requestId: 'req-2',
    msg: '(no request) 431',
  });
  expect(lineOf(['status', 'remoteAddress'])).toMatchObject({ remoteAddress: '10.0.0.1' });
});

it('skips the paths that it is told to', () => {
  const probe = { ...CLASSIFY, endpoint: '/livez' };
  expect(write([event(probe), event(probe)])).toEqual(['', '']);
});

it('is JSON, on one line, whatever a client sends', () => {
  // Control characters and halves of surrogate pairs among them.
  const anything = fc
    .uint8Array({ maxLength: 1200 })
    .map((bytes) => Buffer.from(bytes).toString('utf16le'));
  const property = fc.property(anything, anything, anything, (url, id, agent) => {
    const sent = event(
      NO_ROUTE,
      { url, headers: { 'user-agent': agent, 'content-length': '7' } },
      { requestId: id },
    );
    const [line] = write([sent], [...ACCESS_FIELDS]);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const { requestId = '', userAgent = '', path = '' } = parse(line);
    expect(requestId).toBe(id.slice(0, 512));
    expect(userAgent).toBe(agent.slice(0, 512));
    expect(path).toBe((url.split('?', 1)[0] ?? '').slice(0, 512));
  });
  fc.assert(property, { numRuns: 30 });
});
