import { Logger } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { MountDescription, MountedRequests } from '../http/mounted-requests.js';
import { ApiDocument } from './api-document.js';
import type { DocsOptions } from './docs.options.js';
import { MountedDocuments } from './mounted-documents.js';
import { ServedRoutes } from './served-routes.js';

const warned: string[] = [];

beforeEach(() => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: string) => warned.push(message));
});
afterEach(() => {
  vi.restoreAllMocks();
  warned.length = 0;
});

const document = { openapi: '3.1.0', paths: { '/a': { get: { responses: {} } } } };

/** The API document of a server that has nothing but these mounts. */
function documentOf(reads: readonly (() => Promise<unknown>)[], options: DocsOptions = {}) {
  const host = new HttpAdapterHost();
  host.httpAdapter = new FastifyAdapter();
  const descriptions = reads.map((read, index): MountDescription => {
    return { endpoints: () => [`/mount${index}`], read };
  });
  const mounts = { descriptions } as unknown as MountedRequests;
  const modules = new ModulesContainer();
  const config = new ApplicationConfig();
  const served = new ServedRoutes(modules, config, host);
  return new ApiDocument(served, new MountedDocuments(mounts), config, options);
}

const pathsOf = async (made: ApiDocument): Promise<readonly string[]> =>
  Object.keys((await made.read()).paths);

it('has the paths of mounts, asked once', async () => {
  const read = vi.fn<() => Promise<unknown>>(() => Promise.resolve(document));
  const made = documentOf([read, () => Promise.resolve(undefined)]);
  expect(await pathsOf(made)).toEqual(['/mount0/a', '/docs.json']);
  expect(await made.read()).toBe(await made.read());
  expect(read.mock.calls).toEqual([['/mount0']]);
  expect(warned).toEqual([]);
});

it('does not ask them where the whole is switched off', async () => {
  const read = vi.fn<() => Promise<unknown>>(() => Promise.resolve(document));
  expect(await pathsOf(documentOf([read], { mounts: false }))).toEqual(['/docs.json']);
  expect(read).not.toHaveBeenCalled();
});

it('is without one that is down, which is said once, and asks it again', async () => {
  const read = vi.fn<() => Promise<unknown>>(() => Promise.reject(new Error('it is down')));
  const made = documentOf([read, () => Promise.resolve(document)]);
  expect(await pathsOf(made)).toEqual(['/mount1/a', '/docs.json']);
  expect(await pathsOf(made)).toEqual(['/mount1/a', '/docs.json']);
  expect(warned).toEqual([expect.stringMatching(/\/mount0: it is down$/)]);
  read.mockImplementation(() => Promise.resolve(document));
  expect(await pathsOf(made)).toEqual(['/mount0/a', '/mount1/a', '/docs.json']);
  await made.read();
  expect(read).toHaveBeenCalledTimes(3);
});

it.each([
  ['a list', []],
  ['version 2', { swagger: '2.0', paths: {} }],
  ['paths that are none', { openapi: '3.1.0', paths: { '/a': 'text' } }],
  ['a path without an operation', { openapi: '3.1.0', paths: { '/a': { get: 'text' } } }],
])('refuses %s, and is whole without it', async (_case, wrong) => {
  expect(await pathsOf(documentOf([() => Promise.resolve(wrong)]))).toEqual(['/docs.json']);
  expect(warned).toEqual([expect.stringContaining('Expected an OpenAPI document of version 3')]);
});

it('takes what an application may leave out, or write that is not of use', async () => {
  const odd = {
    openapi: '3.0.3',
    security: 'none',
    paths: { 'x-note': 'ours', '/a': { parameters: [], get: { tags: 'a', responses: {} } } },
    components: { schemas: null },
  };
  const made = documentOf([
    () => Promise.resolve(odd),
    () => Promise.resolve({ openapi: '3.1.0', webhooks: {} }),
  ]);
  const { paths } = await made.read();
  expect(Object.keys(paths)).toEqual(['/mount0/a', '/docs.json']);
  expect(paths['/mount0/a'].get?.tags).toEqual(['/mount0']);
});
