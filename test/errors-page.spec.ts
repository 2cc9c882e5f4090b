import { readFile } from 'node:fs/promises';
import * as bento from 'bentonest';
import * as cli from 'bentonest/cli';
import * as errors from 'bentonest/errors';
import * as io from 'bentonest/io';
import * as modelStore from 'bentonest/model-store';
import * as mount from 'bentonest/mount';
import * as observe from 'bentonest/observe';
import * as onnx from 'bentonest/onnx';
import * as python from 'bentonest/python';
import * as runner from 'bentonest/runner';
import * as serving from 'bentonest/serving';
import * as tensor from 'bentonest/tensor';
import { expect, it } from 'vitest';

type ErrorClass = typeof errors.BentoError;

function errorClasses(): ErrorClass[] {
  const exported = [
    { ListenError: bento.ListenError },
    cli,
    errors,
    io,
    modelStore,
    mount,
    observe,
    onnx,
    python,
    runner,
    serving,
    tensor,
  ].flatMap((lib) => Object.values(lib as Record<string, unknown>));
  return exported.filter(
    (value): value is ErrorClass =>
      // RemoteError has the code of the error that it stands for.
      typeof value === 'function' &&
      value.prototype instanceof errors.BentoError &&
      value !== errors.RemoteError,
  );
}

it('docs/errors.md has a heading for every code, with its status, and no other', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^### `(\w+)` \((\d+)\)$/gm)];
  const documented = headings.map(([, code, status]) => `${code} ${status}`);
  const ofClasses = errorClasses().map(({ code, statusCode }) => `${code} ${statusCode}`);
  const ofStatuses = Object.entries(serving.STATUS_ERROR_CODES).map(
    ([status, code]) => `${code} ${status}`,
  );
  // A class may be the precise error of a status.
  const existing = [...new Set([...ofClasses, ...ofStatuses])];
  expect(documented.toSorted()).toEqual(existing.toSorted());
});

it('every code is one class’s own', () => {
  const codes = errorClasses().map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => !/^[A-Z][A-Z0-9_]+$/.test(code))).toEqual([]);
});
