import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BENTONEST, ROOT, bentonest, cleanEnvironment, temporaryFolder } from './cli-process.js';

const COMMANDS = [
  [],
  ['models'],
  ...['list', 'get', 'import', 'export', 'delete', 'push', 'pull'].map((name) => ['models', name]),
  ['serve'],
  ['new'],
  ['config'],
  ['config', 'print'],
  ['config', 'keys'],
  ['env'],
  ['completion'],
];

describe('help', () => {
  it.each(COMMANDS.map((words) => [words.join(' '), words] as const))(
    'of "%s" has an example and comes on stdout',
    async (_, words) => {
      const { code, stdout, stderr } = await bentonest([...words, '--help']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: bentonest/);
      expect(stdout).toMatch(/Examples?:\n {2}\$ \S/);
    },
  );

  it('is all that a bare command prints, with the exit code of a wrong command line', async () => {
    const { code, stdout, stderr } = await bentonest([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Commands:');
  });

  it('names every command', async () => {
    const { stdout } = await bentonest(['--help']);
    const named = [...stdout.matchAll(/^ {2}([a-z]+)(?= )/gm)].map(([, name]) => name);
    expect(named).toEqual(['models', 'serve', 'new', 'config', 'env', 'completion']);
  });
});

it('--version is the package’s', async () => {
  const { stdout } = await bentonest(['--version']);
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
  expect(stdout).toBe(`${version}\n`);
});

describe('a wrong command line', () => {
  it.each([
    ['modls', "unknown command 'modls' (Did you mean models?) See: bentonest --help"],
    ['models lst', "unknown command 'lst' (Did you mean list?) See: bentonest models --help"],
    ['models get', "missing required argument 'tag'. See: bentonest models get --help"],
    [
      'models get a --hom b',
      "unknown option '--hom' (Did you mean --home?) See: bentonest models get --help",
    ],
    [
      'models list -o xml',
      'Allowed choices are table, json, yaml. See: bentonest models list --help',
    ],
    [
      'models list -l x',
      'Expected --label as name=value, got "x". See: bentonest models list --help',
    ],
    ['models push a /tmp/b', 'Expected an address such as s3://bucket/key, got "/tmp/b".'],
    ['serve --port 70000', 'Expected a number from 0 to 65535. See: bentonest serve --help'],
    ['serve --workers none', 'Expected a number from 1 to 1024, or auto'],
    ['serve package-lock.json', 'got a file of .json kind. See: bentonest serve --help'],
    ['new ../x', 'such as house-prices, got "../x". See: bentonest new --help'],
    ['new X', 'such as house-prices, got "X". See: bentonest new --help'],
    ['completion tcsh', 'Allowed choices are bash, zsh, fish. See: bentonest completion --help'],
  ])('%s is one line on stderr, and 2', async (line, message) => {
    const { code, stdout, stderr } = await bentonest(line.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^bentonest: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });
});

describe('a failure', () => {
  it('shows its stack only where it is asked for', async () => {
    const args = ['serve', 'nowhere.js'];
    const quiet = await bentonest(args);
    expect(quiet.code).toBe(1);
    expect(quiet.stderr).toMatch(/^bentonest: Expected [^\n]+ Check the path[^\n]+\n$/);
    const loud = await bentonest(args, { env: { BENTONEST_DEBUG: '1' } });
    expect(loud.stderr).toMatch(/\n {4}at /);
  });

  it('of a folder that is no project says what to do', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    const { code, stderr } = await bentonest(['serve'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^bentonest: Expected a Nest project in this folder[^\n]+bentonest new\.\n$/,
    );
  });

  it.each([
    ['a file', 'got a file'],
    ['a folder with something in it', 'got one with x in it'],
  ])('of new, where there is %s, leaves it alone', async (what, got) => {
    const cwd = await temporaryFolder(onTestFinished);
    if (what === 'a file') await writeFile(join(cwd, 'iris'), '');
    else {
      await mkdir(join(cwd, 'iris'));
      await writeFile(join(cwd, 'iris/x'), '');
    }
    const { code, stderr } = await bentonest(['new', 'iris'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bentonest: Expected iris to be a new or an empty folder, [^\n]+\n$/);
    expect(stderr).toContain(got);
  });
});

it('ends in silence when nobody reads on', () => {
  // `true` has gone before node has started.
  const script = `{ sleep 0.3; "${process.execPath}" "${BENTONEST}" --help; echo "code $?" >&2; } | true`;
  const { stderr } = spawnSync('bash', ['-c', script], {
    env: cleanEnvironment(),
    encoding: 'utf8',
  });
  expect(stderr).toBe('code 0\n');
});

describe('config', () => {
  const rowsOf = async (env: Record<string, string>, cwd?: string): Promise<Row[]> =>
    JSON.parse((await bentonest(['config', 'print', '-o', 'json'], { env, cwd })).stdout) as Row[];
  interface Row {
    readonly key: string;
    readonly value: unknown;
    readonly source: string;
  }

  it('prints what is set and where, secrets hidden', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    const yaml = 'server:\n  workers: 2\nssl:\n  passphrase: hush-hush\n';
    await writeFile(join(cwd, 'bentonest.yaml'), yaml);
    const rows = await rowsOf({ PORT: '8080' }, cwd);
    const told = new Map(rows.map(({ key, value, source }) => [key, [value, source]]));
    expect(told.get('server.workers')).toEqual([2, 'bentonest.yaml:2']);
    expect(told.get('server.port')).toEqual([8080, 'PORT']);
    expect(told.get('server.host')).toEqual(['localhost', 'default']);
    expect(told.get('ssl.passphrase')).toEqual(['***', 'bentonest.yaml:4']);
    const { stdout } = await bentonest(['config', 'print'], { env: { PORT: '8080' }, cwd });
    expect(stdout).toMatch(/^server\.workers +2 +bentonest\.yaml:2$/m);
    expect(stdout).not.toContain('hush');
  });

  it('says what is wrong, with exit code 1', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    await writeFile(join(cwd, 'bentonest.yaml'), 'server:\n  prot: 1\n');
    const { code, stdout, stderr } = await bentonest(['config', 'print'], { cwd });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^bentonest: bentonest\.yaml:2: there is no key "prot" in server; /);
  });

  it('prints the keys there are', async () => {
    const { stdout } = await bentonest(['config', 'keys']);
    expect(stdout).toContain('### runners');
    expect(stdout).toContain('| `maxQueue` |');
  });
});

describe('env', () => {
  it('prints a table of Markdown', async () => {
    const { stdout } = await bentonest(['env']);
    expect(stdout).toMatch(/^\| what \| value \|\n\| --- \| --- \|\n/);
    expect(stdout).toContain(`| node | ${process.versions.node} |`);
  });

  it('prints JSON for a program, with the home that holds', async () => {
    const facts = async (args: string[], env?: Record<string, string>): Promise<unknown> =>
      JSON.parse((await bentonest(['env', '-o', 'json', ...args], { env })).stdout);
    expect(await facts([], { BENTOML_HOME: '/tmp/a' })).toMatchObject({
      node: process.versions.node,
      home: '/tmp/a',
      cores: expect.any(Number),
      npm: expect.stringMatching(/^\d+\./),
      '@nestjs/core': expect.stringMatching(/^12\./),
      'onnxruntime-node': expect.stringMatching(/^1\./),
    });
    expect(await facts(['--home', '/tmp/b'], { BENTOML_HOME: '/tmp/a' })).toMatchObject({
      home: '/tmp/b',
    });
  });

  it('says what is not installed', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    const { stdout } = await bentonest(['env', '-o', 'yaml'], { cwd });
    expect(stdout).toContain('onnxruntime-node: not installed\n');
    expect(ROOT).not.toContain(cwd);
  });
});
