import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { nodeRunner } from './runner.definition.js';
import { RunnerStartError } from './runner.errors.js';
import { RunnerHost } from './runner-host.js';

it.each([
  [
    "Cannot find module '/srv/app/model.js' imported from /srv/app/main.js",
    "Cannot find module 'model.js' imported from main.js",
  ],
  ['spawn /usr/bin/python3 ENOENT', 'spawn python3 ENOENT'],
  ['file:///srv/app/x.js:3:1 failed', 'x.js:3:1 failed'],
  [String.raw`C:\models\iris.onnx is cut off`, 'iris.onnx is cut off'],
  [
    'got text/plain, see /readyz or https://example.com/a/b',
    'got text/plain, see /readyz or https://example.com/a/b',
  ],
])('the reason of a failed start names files without their folders: %s', (reason, told) => {
  expect(new RunnerStartError('iris', reason).message).toBe(
    `Runner "iris" could not start: ${told}`,
  );
});

it('an embedded runner that cannot load tells no path, and its cause does', async () => {
  const module = pathToFileURL('/srv/secret-folder/absent.runnable.js');
  const host = new RunnerHost(nodeRunner('absent', { module, class: 'X', embedded: true }));
  const error = await host.start().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RunnerStartError);
  const { message, cause } = error as Error & { cause: Error };
  expect(message).toContain('absent.runnable.js');
  expect(message).not.toContain('/');
  expect(cause.message).toContain('/srv/secret-folder/absent.runnable.js');
});
