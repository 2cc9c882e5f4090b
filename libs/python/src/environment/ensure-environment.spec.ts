import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, rmdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PythonEnvironmentError } from '../python.errors.js';
import { ensureEnvironment } from './ensure-environment.js';

/** An interpreter that writes down what it is asked for. */
const INTERPRETER = `#!/bin/sh
case "$1 $2" in
  "-c "*) echo "\${FAKE_VERSION:-[[3, 11], \\"fake\\", \\"/base\\"]}" ;;
  "-m venv") echo venv >> "$FAKE_LOG"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; sleep 0.1 ;;
  "-m pip") shift 3; echo "pip $*" >> "$FAKE_LOG"
    case "$*" in *broken*) echo first; echo "ERROR: no broken to be had"; exit 1 ;; esac ;;
esac
`;
const UV = `#!/bin/sh
echo "uv $1 $2" >> "$FAKE_LOG"
if [ "$1" = venv ]; then mkdir -p "$4/bin"; cp "$3" "$4/bin/python"; fi
`;
const NO_UV = '#!/bin/sh\nexit 127\n';

let folder: string;
let python: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-venv-'));
  python = join(folder, 'python');
  await writeProgram('python', INTERPRETER);
  await writeProgram('uv', NO_UV);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH ?? ''}`);
  vi.stubEnv('FAKE_LOG', join(folder, 'log'));
  vi.stubEnv('BENTONEST_CACHE', join(folder, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function writeProgram(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), 0o755);
}

async function installations(): Promise<string[]> {
  return (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
}

const PIP = 'pip --disable-pip-version-check --no-input';

async function failureOf(promise: Promise<unknown>): Promise<PythonEnvironmentError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (error instanceof PythonEnvironmentError) return error;
  throw new Error(`Expected a PythonEnvironmentError, got ${String(error)}`);
}

describe('an environment', () => {
  it('is made once for its requirements, in whatever order, and tells its steps', async () => {
    const lines: string[] = [];
    const onProgress = (line: string): number => lines.push(line);
    const first = await ensureEnvironment({ python, requirements: ['b', 'a==1'], onProgress });
    expect(await ensureEnvironment({ python, requirements: ['a==1', 'b'], onProgress })).toBe(
      first,
    );
    expect(existsSync(first)).toBe(true);
    expect(await installations()).toEqual(['venv', `${PIP} b a==1`]);
    expect(lines).toEqual([
      expect.stringContaining('installing b, a==1'),
      expect.stringContaining('installed b, a==1'),
    ]);
    expect(await ensureEnvironment({ python, requirements: ['a==2', 'b'] })).not.toBe(first);
  });

  it('is another for another interpreter', async () => {
    const first = await ensureEnvironment({ python, requirements: [] });
    vi.stubEnv('FAKE_VERSION', '[[3, 12], "fake", "/base"]');
    expect(await ensureEnvironment({ python, requirements: [] })).not.toBe(first);
    expect(await installations()).toEqual(['venv', 'venv']);
  });

  it('is known by the content of a requirements.txt, which the installer reads itself', async () => {
    const file = join(folder, 'requirements.txt');
    await writeFile(file, '--index-url http://localhost/\nb \\\n  --hash=sha256:00\n');
    const first = await ensureEnvironment({ python, requirements: file });
    expect(await ensureEnvironment({ python, requirements: file })).toBe(first);
    expect(await installations()).toEqual(['venv', `${PIP} -r ${file}`]);
    await writeFile(file, 'c\n');
    expect(await ensureEnvironment({ python, requirements: file })).not.toBe(first);
    const nowhere = ensureEnvironment({ python, requirements: join(folder, 'nowhere.txt') });
    expect((await failureOf(nowhere)).message).toContain('a file, got one that cannot be read');
  });

  it('is made by uv where that is there', async () => {
    await writeProgram('uv', UV);
    const own = await ensureEnvironment({ python, requirements: ['a'] });
    expect(existsSync(own)).toBe(true);
    expect(await installations()).toEqual(['uv --version ', 'uv venv --python', 'uv pip install']);
  });

  it('is made by one of several at a time; the others wait for it', async () => {
    const lines: string[] = [];
    const onProgress = (line: string): number => lines.push(line);
    const options = { python, requirements: ['a'], onProgress };
    const [first, second] = await Promise.all([
      ensureEnvironment(options),
      ensureEnvironment(options),
    ]);
    expect(first).toBe(second);
    expect(await installations()).toEqual(['venv', `${PIP} a`]);
    expect(lines).toContainEqual(expect.stringContaining('waiting for another process'));
  });

  it.each([
    ['was not finished', '.bentonest-ready'],
    ['has lost its interpreter', 'bin/python'],
  ])('that %s is made anew', async (_state, missing) => {
    const own = await ensureEnvironment({ python, requirements: ['a'] });
    const environment = dirname(dirname(own));
    await writeFile(join(environment, 'leftover'), '');
    await rm(join(environment, missing));
    expect(await ensureEnvironment({ python, requirements: ['a'] })).toBe(own);
    expect(existsSync(join(environment, 'leftover'))).toBe(false);
    expect(await installations()).toEqual(['venv', `${PIP} a`, 'venv', `${PIP} a`]);
  });

  it('waits for a lock whose holder lives, and takes that of one that died', async () => {
    const environment = dirname(dirname(await ensureEnvironment({ python, requirements: [] })));
    const lock = `${environment}.lock`;
    const remake = async (onProgress: () => void): Promise<void> => {
      await rm(join(environment, '.bentonest-ready'));
      await mkdir(lock);
      await ensureEnvironment({ python, requirements: [], onProgress });
      expect(existsSync(lock)).toBe(false);
    };
    let heldWhileWaiting: boolean | undefined;
    await remake(() => {
      if (heldWhileWaiting !== undefined) return;
      heldWhileWaiting = existsSync(lock);
      void rmdir(lock);
    });
    expect(heldWhileWaiting).toBe(true);
    let isAged = false;
    await remake(() => {
      if (isAged) return;
      isAged = true;
      void utimes(lock, new Date(0), new Date(0));
    });
    expect(await installations()).toEqual(['venv', 'venv', 'venv']);
  });
});

describe('what cannot be made', () => {
  it('says what the installer said last, to the log', async () => {
    const error = await failureOf(ensureEnvironment({ python, requirements: ['broken'] }));
    expect(error).toMatchObject({ code: 'PYTHON_ENVIRONMENT', statusCode: 503 });
    expect(String(error.cause)).toContain('ERROR: no broken to be had');
    expect(error.message).not.toContain(folder);
  });

  // Debian without python3-venv, which cannot be had here: its words are those of its package.
  it('says what to install where Python comes without the part that makes it', async () => {
    const refuse = `#!/bin/sh
case "$1" in -c) echo '[[3, 11], "fake", "/base"]' ;; *)
  echo "The virtual environment was not created successfully because ensurepip is not"
  echo "available.  On Debian/Ubuntu systems, you need to install the python3-venv package"
  exit 1 ;;
esac
`;
    await writeProgram('python', refuse);
    const error = await failureOf(ensureEnvironment({ python, requirements: ['numpy'] }));
    expect(error.message).toContain('apt install python3-venv');
    await writeProgram(
      'python',
      refuse.replace(/ {2}echo "The[^]*venv package"/, 'echo "No module named \'venv\'"'),
    );
    const other = await failureOf(ensureEnvironment({ python, requirements: ['numpy'] }));
    expect(other.message).toContain('apt install python3-venv');
  });

  it.each([
    ['[[3, 7], "3.7.16", ""]', 'Expected Python 3.8 or later, got Python 3.7.'],
    ['[[2, 7], "2.7.18", ""]', 'got Python 2.7.'],
  ])('names the version of an interpreter that is too old: %s', async (version, message) => {
    vi.stubEnv('FAKE_VERSION', version);
    const error = await failureOf(ensureEnvironment({ python, requirements: [] }));
    expect(error.message).toContain(message);
  });

  it('names the option where there is no interpreter', async () => {
    const nowhere = ensureEnvironment({ python: join(folder, 'nowhere'), requirements: [] });
    expect((await failureOf(nowhere)).message).toContain('got none. Install Python 3.8 or later');
  });

  it('names the variable of a cache folder that cannot be written', async () => {
    vi.stubEnv('BENTONEST_CACHE', python);
    const error = await failureOf(ensureEnvironment({ python, requirements: [] }));
    expect(error.message).toContain('Set BENTONEST_CACHE');
  });
});
