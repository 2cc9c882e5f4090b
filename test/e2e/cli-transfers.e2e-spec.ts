import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile, readdir, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ModelStore } from 'bentonest/model-store';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { BENTONEST, run, start, temporaryFolder } from './cli-process.js';
import { until } from './served-app.js';

const INTERRUPTED = 'bentonest: Interrupted: nothing has been kept. Run it again.\n';
const GIB = 2 ** 30;

/** Holds a model of a megabyte, and one that takes a minute to export. */
let home: string;
let archive: Buffer;
let env: Record<string, string>;
let uploads = 0;

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

beforeAll(async () => {
  const folder = await temporaryFolder((remove) => cleanups.push(remove));
  home = join(folder, 'home');
  const store = new ModelStore({ home });
  const { tag } = await store.save('small', { weights: Buffer.alloc(2 ** 20, 'abc') });
  archive = await readFile(await store.export(tag, join(folder, 'small.tar')));
  const large = await store.save('large', { weights: Buffer.from('zeros') }, { version: 'v1' });
  await truncate(join(large.folder, 'weights'), 16 * GIB);
  env = await slowS3();
});

async function answerSlowly(response: ServerResponse, url: string): Promise<void> {
  response.writeHead(200, { 'content-length': archive.length });
  const pieces = 20;
  const size = Math.ceil(archive.length / pieces);
  for (let i = 0; i < pieces && !response.destroyed; i++) {
    response.write(archive.subarray(i * size, (i + 1) * size));
    if (i === pieces / 2 && url.includes('stalled')) return;
    await new Promise((resolve) => setTimeout(resolve, 2000 / pieces));
  }
  response.end();
}

/**
 * A server that speaks as much S3 as it takes to be slow, which a real one is not: an object named
 * `stalled…` stops in its middle, others take two seconds, and an upload is not answered.
 */
async function slowS3(): Promise<Record<string, string>> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'HEAD') response.writeHead(404).end();
    else if (request.method === 'GET') void answerSlowly(response, request.url ?? '');
    else uploads += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
}

const names = (folder: string): Promise<string[]> => readdir(folder, { recursive: true });

/** A named pipe that gives so many bytes of the archive, and then neither more nor its end. */
async function pipe(folder: string, bytes?: number): Promise<string> {
  const path = join(folder, 'model.tar');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  if (bytes === undefined) return path;
  const writer = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => writer.close());
  if (bytes > 0) await writer.write(archive.subarray(0, bytes));
  return path;
}

/** Whether files of so many bytes are in the one folder that is staged. */
async function hasStaged(store: string, bytes: number): Promise<boolean> {
  const staging = join(store, '.staging');
  const [folder] = await readdir(staging).catch(() => []);
  if (folder === undefined) return false;
  const files = await readdir(join(staging, folder));
  const sizes = await Promise.all(
    files.map(async (name) => (await stat(join(staging, folder, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0) >= bytes;
}

describe('an import that is interrupted keeps nothing, and ends by the signal', () => {
  it.each([
    ['at a pipe that nobody has opened', 'SIGINT', undefined, 0],
    ['at a pipe that gives nothing yet', 'SIGTERM', 0, 0],
    ['in the middle of a pipe', 'SIGINT', 60_000, 10_000],
    ['in the middle of a pipe whose terminal is closed', 'SIGHUP', 60_000, 10_000],
  ] as const)('%s', async (_, signal, given, staged) => {
    const folder = await temporaryFolder(onTestFinished);
    const store = join(folder, 'store');
    const source = await pipe(folder, given);
    const args = [BENTONEST, 'models', 'import', source, '--home', store];
    const { child, outcome, output } = start(process.execPath, args);
    await until(() => hasStaged(store, staged), 10_000, output);
    child.kill(signal);
    expect(await outcome).toEqual({ code: signal, stdout: '', stderr: INTERRUPTED });
    expect(await names(store)).toEqual(['.staging']);
  });

  it.each([
    ['an archive', 'SIGTERM', 's3://models/stalled.bentomodel'],
    ['an .onnx file', 'SIGINT', 's3://models/stalled.onnx'],
  ] as const)('in the middle of %s from S3', async (_, signal, url) => {
    const store = join(await temporaryFolder(onTestFinished), 'store');
    const args = [BENTONEST, 'models', 'pull', url, '--home', store];
    const { child, outcome, output } = start(process.execPath, args, { env });
    await until(() => hasStaged(store, 100_000), 20_000, output);
    child.kill(signal);
    expect(await outcome).toEqual({ code: signal, stdout: '', stderr: INTERRUPTED });
    expect(await names(store)).toEqual(['.staging']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('which to a shell is 128 and its number: %s', async (signal, code) => {
    const folder = await temporaryFolder(onTestFinished);
    const store = join(folder, 'store');
    const source = await pipe(folder);
    const command = [process.execPath, BENTONEST, 'models', 'import', source, '--home', store];
    // It catches the signal for itself, so that it lives to tell.
    const { child, outcome, output } = start('sh', [
      '-c',
      'trap : INT TERM; "$@"; exit $?',
      'sh',
      ...command,
    ]);
    await until(() => hasStaged(store, 0), 10_000, output);
    process.kill(childPids(child.pid ?? 0)[0], signal);
    expect((await outcome).code).toBe(code);
  });
});

describe('an export that is interrupted leaves nothing at its target', () => {
  const hasXz = spawnSync('xz', ['--version']).status === 0;
  if (!hasXz) console.warn('SKIPPED: xz is not installed, no archive is compressed with it.');

  it.each([
    ['bentomodel', 'SIGINT'],
    ['tar', 'SIGTERM'],
    ['folder', 'SIGINT'],
    ...(hasXz ? [['xz', 'SIGTERM'] as const] : []),
  ] as const)('as %s', async (format, signal) => {
    const folder = await temporaryFolder(onTestFinished);
    const args = ['models', 'export', 'large', join(folder, 'out'), '-f', format, '--home', home];
    const { child, outcome, output } = start(process.execPath, [BENTONEST, ...args]);
    await until(async () => (await names(folder)).length > 0, 10_000, output);
    child.kill(signal);
    expect(await outcome).toEqual({ code: signal, stdout: '', stderr: INTERRUPTED });
    expect(await names(folder)).toEqual([]);
  });

  it('on S3', async () => {
    const args = ['models', 'push', 'small', 's3://models/x.tar', '--home', home];
    const { child, outcome, output } = start(process.execPath, [BENTONEST, ...args], { env });
    await until(() => uploads > 0, 20_000, output);
    child.kill('SIGTERM');
    expect(await outcome).toEqual({ code: 'SIGTERM', stdout: '', stderr: INTERRUPTED });
  });
});

describe('what takes longer than a second', () => {
  it('shows its progress on a terminal, and nowhere else', async () => {
    const folder = await temporaryFolder(onTestFinished);
    const pull = (store: string): string[] => {
      const at = join(folder, store);
      return [BENTONEST, 'models', 'pull', 's3://models/slow.tar', '-o', 'json', '--home', at];
    };
    // util-linux's script gives a terminal.
    const line = [process.execPath, ...pull('one')].map((word) => `'${word}'`).join(' ');
    const [shown, plain] = await Promise.all([
      run('script', ['-qec', line, '/dev/null'], { env }),
      run(process.execPath, pull('two'), { env }),
    ]);
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    expect(JSON.parse(plain.stdout)).toMatchObject({ name: 'small' });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /Importing  █+░+ +\d+%  [\d.]+ \wiB of 1\.0\d MiB  [\d.]+ \wiB\/s/,
    );
    // It is taken away before the result comes.
    expect(shown.stdout).toContain('\r\u001b[K{\r\n  "tag"');
  });
});
