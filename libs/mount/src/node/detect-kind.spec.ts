import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { InvalidMountError } from '../mount.errors.js';
import { detectKind } from './detect-kind.js';
import type { MountKind } from './detect-kind.js';

const fetchHandler = (_request: Request): Response => new Response();
const nodeHandler = (_request: unknown, _response: unknown): void => undefined;
const nodeMiddleware = (_request: unknown, _response: unknown, _next: unknown): void => undefined;

const APPS: readonly (readonly [MountKind, unknown])[] = [
  ['express', express()],
  ['koa', new Koa()],
  ['hono', new Hono()],
  ['hono', { fetch: fetchHandler }],
  ['fastify', fastify()],
  ['fetch', fetchHandler],
  ['node', nodeHandler],
  ['node', nodeMiddleware],
  ['node', express.Router()],
];

describe('detectKind', () => {
  it.each(APPS)('knows %s', (kind, app) => {
    expect(detectKind(app)).toBe(kind);
  });

  it.each([
    ['nothing', undefined],
    ['nothing', null],
    ['another object', {}],
    ['a list', []],
    ['a string', 'express'],
  ])('refuses %s', (got, app) => {
    expect(() => detectKind(app)).toThrow(
      new InvalidMountError(
        `Expected an Express, Koa, Hono or Fastify application, a fetch handler (Request) => Response or a handler (request, response), got ${got}. Pass the application itself, or wrap it in a handler (request, response).`,
      ),
    );
  });

  it('says what to do with a promise', () => {
    expect(() => detectKind(Promise.resolve(express()))).toThrow(
      'got a promise. Await it, or create it in mount.factory(async () => app).',
    );
  });

  it('asks for the kind of a function that does not tell, and takes what it is told', () => {
    const handler = (...exchange: unknown[]): unknown => exchange;
    expect(() => detectKind(handler)).toThrow("Name its kind: mount(app, { kind: 'fetch' })");
    expect(detectKind(handler, 'fetch')).toBe('fetch');
    expect(detectKind(handler, 'node')).toBe('node');
  });

  it.each([
    ['koa', express(), 'Expected an application with callback for kind'],
    ['fastify', new Hono(), 'Expected an application with routing and ready and close for kind'],
    ['node', new Koa(), 'Expected a function for kind'],
    ['flask', express(), 'one of express, fastify, koa, hono, fetch, node'],
  ])('refuses as %s what is none', (kind, app, message) => {
    expect(() => detectKind(app, kind as MountKind)).toThrow(message);
  });
});
