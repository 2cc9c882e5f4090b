import { spawnSync } from 'node:child_process';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BENTONEST,
  ROOT,
  bentonest,
  cleanEnvironment,
  run,
  temporaryFolder,
} from './cli-process.js';

const HOME = join(ROOT, 'test/models/store');
/** A folder of PATH with the command in it, as npm links it. */
let bin: string;

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

beforeAll(async () => {
  bin = await temporaryFolder((remove) => cleanups.push(remove));
  await chmod(BENTONEST, 0o755);
  await symlink(BENTONEST, join(bin, 'bentonest'));
});

/** What bash offers for words, the last of which Tab is pressed in. */
async function completed(...words: string[]): Promise<string[]> {
  const script = `
    source <(bentonest completion bash)
    complete -p bentonest >&2
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _bentonest
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await run('bash', ['-c', script, 'bash', ...words], {
    env: { PATH: `${bin}:${process.env.PATH}`, BENTOML_HOME: HOME },
  });
  expect([code, stderr]).toEqual([0, 'complete -o default -F _bentonest bentonest\n']);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash completes', () => {
  it('commands', async () => {
    expect(await completed('bentonest', '')).toEqual([
      'models',
      'serve',
      'new',
      'config',
      'env',
      'completion',
    ]);
    expect(await completed('bentonest', 'models', 'p')).toEqual(['push', 'pull']);
  });

  it('options, and their values', async () => {
    expect(await completed('bentonest', 'models', 'export', 'a', '--fo')).toEqual(['--format']);
    expect(await completed('bentonest', 'models', 'export', 'a', '-f', '')).toEqual([
      'bentomodel',
      'tar',
      'gz',
      'xz',
      'folder',
    ]);
    expect(await completed('bentonest', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('tags of the store', async () => {
    expect(await completed('bentonest', 'models', 'get', 'ml')).toEqual(['mlp:tz3vkqd2csxgcyz4']);
    // bash takes ":" for a word of its own, and puts the answer behind it.
    expect(await completed('bentonest', 'models', 'get', 'mlp', ':')).toEqual(['tz3vkqd2csxgcyz4']);
    expect(await completed('bentonest', 'models', 'get', 'mlp', ':', 'tz')).toEqual([
      'tz3vkqd2csxgcyz4',
    ]);
    expect(await completed('bentonest', 'models', 'list', 'm')).toEqual(['mlp']);
    expect(await completed('bentonest', 'models', 'delete', 'a', 'ml')).toHaveLength(1);
  });

  it('no paths, which the shell does by itself', async () => {
    expect(await completed('bentonest', 'serve', '')).toEqual([]);
    expect(await completed('bentonest', 'models', 'import', '')).toEqual([]);
  });

  it('nothing, in silence, where the store cannot be read', async () => {
    expect(await completed('bentonest', 'models', 'get', '--home', '/proc/self/mem', '')).toEqual(
      [],
    );
  });
});

/** How a shell parses a script, and prints what it offers for words; zsh's own functions are stood in for. */
const SHELLS = {
  zsh: {
    parse: '-n',
    complete: `
      compdef() {}; compadd() { shift; print -rl -- "$@" }; _files() { print files }
      source <(bentonest completion zsh)
      words=("$@"); CURRENT=$#
      _bentonest`,
    args: ['-f', '-c'],
    paths: 'files',
  },
  fish: {
    parse: '--no-execute',
    complete: 'bentonest completion fish | source; complete -C (string join -- " " $argv[2..])',
    args: ['--no-config', '-c'],
    paths: '/etc/',
  },
};

describe.each(['zsh', 'fish'] as const)('the script of %s', (shell) => {
  const { parse, complete, args, paths } = SHELLS[shell];
  const isThere = spawnSync(shell, ['--version'], { env: cleanEnvironment() }).status === 0;
  if (!isThere) console.warn(`SKIPPED: ${shell} is not installed, its completion is not run.`);

  it('calls the command', async () => {
    const { stdout } = await bentonest(['completion', shell]);
    expect(stdout).toContain(' complete -- ');
  });

  it.skipIf(!isThere)('is parsed by it', async () => {
    const { stdout } = await bentonest(['completion', shell]);
    const file = join(bin, `completion.${shell}`);
    await writeFile(file, stdout);
    const { code, stderr } = await run(shell, [parse, file]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it.skipIf(!isThere).each([
    ['models p', ['pull', 'push']],
    ['completion z', ['zsh']],
    ['models get mlp:t', ['mlp:tz3vkqd2csxgcyz4']],
    ['models export a --fo', ['--format']],
    ['models import /et', [paths]],
  ])('offers for %j what there is', async (line, offered) => {
    const words = ['bentonest', ...line.split(' ')];
    const { code, stdout, stderr } = await run(shell, [...args, complete, shell, ...words], {
      env: { PATH: `${bin}:${process.env.PATH}`, BENTOML_HOME: HOME },
    });
    expect([code, stderr]).toEqual([0, '']);
    // fish puts a description behind a tab.
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((each) => each.split('\t')[0]).toSorted()).toEqual(offered);
  });
});
