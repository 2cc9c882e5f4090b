import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './config.js';
import { mergeConfig } from './merge.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bentonest-config-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string | undefined, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'bentonest.yaml');
  if (yaml === undefined) rmSync(file, { force: true });
  else writeFileSync(file, yaml);
  return loadConfig({ folder, env });
}

function faultsOf(yaml: string | undefined, env?: NodeJS.ProcessEnv): string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const containing = (text: string): string => expect.stringContaining(text) as string;

it('without a file and variables nothing is set', () => {
  expect(load(undefined).values).toEqual({});
  expect(load('').values).toEqual({});
});

it('a file sets keys, and the environment has the last word', () => {
  const yaml = 'server:\n  port: 4000\n  host: 0.0.0.0\nrunners:\n  iris_clf:\n    workers: 2\n';
  const env = { PORT: '5000', BENTONEST__RUNNERS__IRIS_CLF__MAX_QUEUE: '10' };
  expect(load(yaml, env).values).toEqual({
    server: { port: 5000, host: '0.0.0.0' },
    runners: { iris_clf: { workers: 2, maxQueue: 10 } },
  });
});

it('a BENTONEST_CONFIG that is empty is none', () => {
  expect(load('server:\n  port: 4000\n', { BENTONEST_CONFIG: '' }).values.server?.port).toBe(4000);
});

it('the long name of a variable comes before the usual one', () => {
  const env = { BENTONEST__SERVER__PORT: '1', PORT: '2', HOST: '' };
  expect(load(undefined, env).values).toEqual({ server: { port: 1 } });
});

it.each([
  ['SERVER__WORKERS', 'auto', { server: { workers: 'auto' } }],
  ['SERVER__WORKERS', '4', { server: { workers: 4 } }],
  ['SERVER__TRUST_PROXY', 'true', { server: { trustProxy: true } }],
  ['SERVER__TRUST_PROXY', '10.0.0.1, ::1', { server: { trustProxy: ['10.0.0.1', '::1'] } }],
  ['SSL__PASSPHRASE', '12345', { ssl: { passphrase: '12345' } }],
  ['LOGGING__ACCESS__SKIP_PATHS', '["/a"]', { logging: { access: { skipPaths: ['/a'] } } }],
  ['METRICS__DURATION_BUCKETS', '[0.1, 1]', { metrics: { durationBuckets: [0.1, 1] } }],
  ['RUNNERS__A__WORKERS', '{"min":1,"max":2}', { runners: { a: { workers: { min: 1, max: 2 } } } }],
  [
    'RUNNERS__A__REQUIREMENTS',
    'numpy, x==1',
    { runners: { a: { requirements: ['numpy', 'x==1'] } } },
  ],
  ['RUNNERS__A__REQUIREMENTS', 'py/x.txt', { runners: { a: { requirements: 'py/x.txt' } } }],
  ['RUNNERS__A__ENV', '{"A_b":"c"}', { runners: { a: { env: { A_b: 'c' } } } }],
  ['RUNNERS__A__ENV__CUDA_home', 'c', { runners: { a: { env: { CUDA_home: 'c' } } } }],
  ['TRACING__OTLP__HEADERS__A', 'b', { tracing: { otlp: { headers: { a: 'b' } } } }],
  ['TRACING__OTLP__HEADERS', '{"a":"b"}', { tracing: { otlp: { headers: { a: 'b' } } } }],
  ['TRACING__OTLP__HEADERS__AUTH', 'x', { tracing: { otlp: { headers: { auth: 'x' } } } }],
])('variable BENTONEST__%s=%s', (name, text, values) => {
  expect(load(undefined, { [`BENTONEST__${name}`]: text }).values).toEqual(values);
});

describe('a fault names its place, the key, what was expected and what came:', () => {
  it.each<[string, string[]]>([
    [
      'server:\n  port: abc\n',
      ['bentonest.yaml:2: server.port must be a whole number from 0 to 65535, got "abc".'],
    ],
    [
      '# of ours\nmetrics:\n  enabled: maybe\n  path: metrics\n',
      [
        'bentonest.yaml:3: metrics.enabled must be true or false, got "maybe".',
        'bentonest.yaml:4: metrics.path must be a path that starts with /, got "metrics".',
      ],
    ],
    [
      'health:\n  path: /x\n',
      [
        'bentonest.yaml:2: there is no key "path" in health; there are enabled, indicatorTimeoutMs, indicatorMaxAgeMs.',
      ],
    ],
    [
      'server: 3000\n',
      ['bentonest.yaml:1: server must be a section with keys of its own, got 3000.'],
    ],
    [
      'runners:\n  a:\n    speed: 1\n',
      [containing('bentonest.yaml:3: there is no key "speed" in runners.a; there are model,')],
    ],
    [
      'admin:\n  token: short\n',
      [
        'bentonest.yaml:2: admin.token must be a text of 22 characters or more, got something else.',
      ],
    ],
    [
      'runners:\n  a.b:\n    speed: 1\n',
      [containing('bentonest.yaml:3: there is no key "speed" in runners.a.b; there are model,')],
    ],
    [
      'admin: a-secret\n',
      ['bentonest.yaml:1: admin must be a section with keys of its own, got something else.'],
    ],
    ['metrics:\n  namespace: 1a\n', [containing('metrics.namespace must be letters, digits')]],
    ['metrics:\n  durationBuckets: [2, 1]\n', [containing('must be ascending seconds above 0')]],
    ['- a\n', [containing('there is no key "0"; there are server,')]],
    ['__proto__:\n  polluted: 1\n', [containing('there is no key "__proto__"')]],
    ['server:\n  port: 1\n  port: 2\n', ['bentonest.yaml:3: Map keys must be unique']],
    [
      'cors:\n  origins: [*.example.com]\n',
      [
        'bentonest.yaml:2: *.example.com is an alias of nothing. Quote a text that begins with *: "*.example.com".',
      ],
    ],
    [
      `a: &a [x]\nb: [${Array(101).fill('*a').join(', ')}]\n`,
      ['bentonest.yaml: Excessive alias count indicates a resource exhaustion attack.'],
    ],
    ['server: {\n', [containing('bentonest.yaml:')]],
  ])('%j', (yaml, faults) => {
    const got = faultsOf(yaml);
    expect(got).toEqual(faults);
    expect(got.join()).not.toContain('a-secret');
  });

  it.each([
    [{ PORT: '99999' }, 'PORT: server.port must be a whole number from 0 to 65535, got "99999".'],
    ...['two', '0', '-1', '1.5'].map((workers): [Record<string, string>, string] => [
      { BENTONEST__SERVER__WORKERS: workers },
      'BENTONEST__SERVER__WORKERS: server.workers must be a whole number from 1 to 1024',
    ]),
    [{ BENTONEST__SERVER__PROT: '1' }, 'there is no key "PROT" in server; there are HOST, PORT,'],
    [{ BENTONEST__SERVR__PORT: '1' }, 'there is no key "SERVR"; there are SERVER, ADMIN,'],
    [{ BENTONEST__SERVER__PORT__X: '1' }, 'server.port has no keys of its own.'],
    [{ BENTONEST__SERVER: '1' }, 'server must be a section with keys of its own, got "1".'],
    [{ BENTONEST__RUNNERS____PROTO____MODEL: 'a' }, 'there is no key "PROTO"'],
    [{ BENTONEST_CONFIG: 'other.yaml' }, 'other.yaml: there is no such file. Correct'],
  ])('%j', (env, fault) => {
    const [variable = ''] = Object.keys(env);
    const place = variable === 'BENTONEST_CONFIG' ? '' : `${variable}: `;
    const faults = faultsOf(undefined, env);
    expect(faults).toEqual([containing(fault)]);
    expect(faults[0].startsWith(place)).toBe(true);
  });
});

it('entries tell values, where they come from, and no secret', () => {
  const yaml = 'server:\n  port: 4000\nadmin:\n  token: 0123456789abcdefghijklmn\n';
  const { entries } = load(yaml, { BENTONEST__RUNNERS__IRIS__WORKERS: '2' });
  const told = Object.fromEntries(
    entries.map(({ path, value, source }) => [path, [value, source]]),
  );
  expect(told['server.port']).toEqual([4000, 'bentonest.yaml:2']);
  expect(told['server.backlog']).toEqual([511, 'default']);
  expect(told['admin.token']).toEqual(['***', 'bentonest.yaml:4']);
  expect(told['runners.iris.workers']).toEqual([2, 'BENTONEST__RUNNERS__IRIS__WORKERS']);
  const ofRunners = Object.keys(told).filter((path) => path.startsWith('runners'));
  expect(ofRunners).toEqual(['runners.iris.workers']);
});

it('what the code says stands below, with its place, and hides its secrets, too', () => {
  const code = (place: string, values: object) => ({ values, placeOf: () => place });
  const { entries } = load('server:\n  port: 4000\ntracing:\n  otlp: { timeoutMs: 5 }\n').over([
    code('code: a', {
      server: { port: 1, host: 'a', backlog: undefined, configure: () => undefined },
      ssl: { passphrase: 'secret-1' },
    }),
    code('code: b', {
      server: { host: 'b' },
      tracing: { otlp: { endpoint: 'https://me:sec@ret-2@b/', headers: { a: 'secret-3' } } },
      runners: { 'a.b': { requirements: ['x @ git+https://secret-4@b/x.git'] } },
    }),
  ]);
  const set = entries.filter(({ source }) => source !== 'default');
  expect(set.map(({ path, value, source }) => [path, value, source])).toEqual([
    ['server.host', 'b', 'code: b'],
    ['server.port', 4000, 'bentonest.yaml:2'],
    ['ssl.passphrase', '***', 'code: a'],
    ['runners.a.b.requirements', ['x @ git+https://***@b/x.git'], 'code: b'],
    ['tracing.otlp.endpoint', 'https://***@b/', 'code: b'],
    ['tracing.otlp.headers', '***', 'code: b'],
    ['tracing.otlp.timeoutMs', 5, 'bentonest.yaml:4'],
  ]);
});

it('an entry tells that another key has turned its section on', () => {
  const enabled = (yaml: string): unknown =>
    load(yaml).entries.find(({ path }) => path === 'cors.enabled')?.value;
  expect(enabled('')).toBe('(true where another key of cors is set, else false)');
  expect(enabled('cors:\n  origins: ["*"]\n')).toBe(true);
  expect(enabled('cors:\n  enabled: false\n  origins: ["*"]\n')).toBe(false);
});

it('what is set is laid over what the code says, key by key', () => {
  const code = { a: 1, b: { c: 2, d: [1] }, e: 3 };
  const over = { b: { d: [2] }, e: undefined };
  expect(mergeConfig(code, over)).toEqual({ a: 1, b: { c: 2, d: [2] }, e: 3 });
  expect(mergeConfig(code, undefined)).toBe(code);
});

it('limits of services and apis are set by name, and told with their places', () => {
  const yaml =
    'services:\n  iris:\n    timeoutMs: 5\n    apis:\n      classify: { maxConcurrency: 2 }\n';
  const env = { BENTONEST__SERVICES__IRIS__APIS__PREDICT_PROBA__TIMEOUT_MS: '7' };
  const set = load(yaml, env).entries.filter(({ path }) => path.startsWith('services'));
  expect(set.map(({ path, value, source }) => [path, value, source])).toEqual([
    ['services.iris.timeoutMs', 5, 'bentonest.yaml:3'],
    [
      'services.iris.apis.predict_proba.timeoutMs',
      7,
      'BENTONEST__SERVICES__IRIS__APIS__PREDICT_PROBA__TIMEOUT_MS',
    ],
    ['services.iris.apis.classify.maxConcurrency', 2, 'bentonest.yaml:5'],
  ]);
});
