import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Catch, Injectable, Module } from '@nestjs/common';
import type {
  ArgumentsHost,
  ExceptionFilter,
  MiddlewareConsumer,
  NestModule,
  NestMiddleware,
  Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { mount } from './mount.js';
import { MOUNT_SURROUNDINGS } from './mounting/mount-surroundings.js';
import type { MountReport, MountSurroundings } from './mounting/mount-surroundings.js';

const apps: NestFastifyApplication[] = [];
const sockets = new WebSocketServer({ noServer: true });

afterEach(async () => {
  for (const client of sockets.clients) client.terminate();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

@Injectable()
class Greeter {
  greet(): string {
    return 'hello';
  }
}

interface Served {
  readonly app: NestFastifyApplication;
  readonly url: string;
}

type Apply = (consumer: MiddlewareConsumer) => void;

/** An application without BentoModule, over a real port. */
async function serve(
  apply: Apply,
  prepare: (app: NestFastifyApplication) => void = () => undefined,
  surroundings?: MountSurroundings,
): Promise<Served> {
  @Module({ providers: [Greeter, { provide: MOUNT_SURROUNDINGS, useValue: surroundings }] })
  class MountModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      apply(consumer);
    }
  }
  const module = await Test.createTestingModule({ imports: [MountModule] }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  apps.push(app);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}` };
}

const UPGRADE = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13';

/** The head of the answer. */
async function rawUpgrade(url: string, headers: Record<string, string>): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET /app HTTP/1.1\r\nhost: x\r\n${[UPGRADE, ...fields].join('\r\n')}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString();
}

/** What those who count requests are told. */
function record() {
  const reported: string[] = [];
  const report: MountReport = {
    admit: () => undefined,
    takeBack: () => reported.push('taken back'),
    fail: () => reported.push('failed'),
    leaveHttp: (statusCode) => reported.push(`left ${statusCode}`),
  };
  const surroundings: MountSurroundings = {
    watch: () => undefined,
    describe: () => undefined,
    isForOperators: ({ url = '' }) => url.endsWith('?operator'),
    otherMethodsOf: () => [],
    report: () => report,
  };
  return { reported, surroundings };
}

const at = (path: string, app: Type<NestMiddleware>): Apply =>
  function apply(consumer) {
    consumer.apply(app).forRoutes(`${path}{/*splat}`);
  };

it.each(['app', '/'])('is not served at the address of operators: mounted at %s', async (path) => {
  const { surroundings } = record();
  const app = mount(() => new Response('mounted'), { kind: 'fetch' });
  const apply: Apply = (consumer) =>
    void consumer.apply(app).forRoutes(path === '/' ? '{*splat}' : `${path}{/*splat}`);
  const { url } = await serve(apply, undefined, surroundings);
  expect(await text(`${url}/app/a`)).toBe('mounted');
  expect((await fetch(`${url}/app/a?operator`, { method: 'POST' })).status).toBe(404);
});

const text = async (url: string): Promise<string> => (await fetch(url)).text();

describe('mount.factory', () => {
  const inject = [Greeter];

  it('makes the application of what it injects, once', async () => {
    let made = 0;
    const factory = (greeter: Greeter): Hono => {
      made++;
      return new Hono().get('/greeting', (context) => context.text(greeter.greet()));
    };
    const { url } = await serve(at('app', mount.factory(factory, { inject })));
    expect(await text(`${url}/app/greeting`)).toBe('hello');
    expect(await text(`${url}/app/greeting`)).toBe('hello');
    expect(made).toBe(1);
  });

  it('waits for an application that is made later, and knows its kind by what it is', async () => {
    const factory = async (greeter: Greeter): Promise<express.Express> => {
      await Promise.resolve();
      return express().get('/', (_request, response) => void response.send(greeter.greet()));
    };
    const { url } = await serve(at('app', mount.factory(factory, { inject })));
    expect(await text(`${url}/app`)).toBe('hello');
  });

  it('injects also where some paths are excluded', async () => {
    const factory = (greeter: Greeter) => () => new Response(greeter.greet());
    const app = mount.factory(factory, { inject, kind: 'fetch' });
    const { url } = await serve((consumer) => {
      consumer.apply(app).exclude('app/not').forRoutes('app{/*splat}');
    });
    expect(await text(`${url}/app/greeting`)).toBe('hello');
    expect((await fetch(`${url}/app/not`)).status).toBe(404);
  });

  it('fails at start for what nobody provides, what it throws and what is no application', async () => {
    const missing = mount.factory(() => express(), { inject: ['MISSING'] });
    await expect(serve(at('app', missing))).rejects.toThrow('MISSING');
    const broken = mount.factory(() => {
      throw new TypeError('no database');
    });
    await expect(serve(at('app', broken))).rejects.toThrow('no database');
    const wrong = mount.factory(() => ({}) as Hono);
    await expect(serve(at('app', wrong))).rejects.toThrow('got another object');
  });
});

describe('at the root', () => {
  const answering = (name: string, path: string): express.Express =>
    express().get(path, (_request, response) => void response.send(name));

  it('applications are asked in the order in which they are applied, then comes the 404', async () => {
    const { url } = await serve((consumer) => {
      consumer.apply(mount(answering('first', '/both'))).forRoutes('{*splat}');
      consumer.apply(mount(answering('second', '/{*any}'))).forRoutes('{*splat}');
    });
    expect(await text(`${url}/both`)).toBe('first');
    expect(await text(`${url}/other`)).toBe('second');
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });

  it.each(['throws', 'rejects', 'passes on'])('an error that it %s is answered', async (way) => {
    const handle = (
      _request: IncomingMessage,
      _response: ServerResponse,
      next: (error?: unknown) => void,
    ): unknown => {
      const error = new Error('secret');
      if (way === 'throws') throw error;
      return way === 'rejects' ? Promise.reject(error) : next(error);
    };
    const { url } = await serve((consumer) => {
      consumer.apply(mount(handle)).forRoutes('{*splat}');
    });
    const answer = await fetch(`${url}/any`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });
});

describe('when the server closes', () => {
  it('a mounted Fastify closes, too, after the last answer', async () => {
    const steps: string[] = [];
    const own = fastify();
    own.get('/', async () => {
      const closing = apps.pop()?.close();
      await turn();
      steps.push('answered');
      void closing?.then(() => steps.push('closed'));
      return 'ok';
    });
    own.addHook('onClose', () => void steps.push('onClose'));
    const { url } = await serve(at('app', mount(own)));
    const answer = await fetch(`${url}/app`, { headers: { connection: 'close' } });
    expect(await answer.text()).toBe('ok');
    await vi.waitFor(() => expect(steps).toEqual(['answered', 'onClose', 'closed']));
  });

  it('the WebSockets of mounts end, with what was written last', async () => {
    const goodbye: string[] = [];
    const echo = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      sockets.handleUpgrade(request, socket, head, (opened) => opened.send('hello'));
    const { app, url } = await serve(at('app', mount(express(), { upgrade: echo })));
    const client = new WebSocket(`${url.replace('http', 'ws')}/app/ws`);
    await once(client, 'message');
    client.on('message', (data: Buffer) => goodbye.push(data.toString()));
    for (const opened of sockets.clients) opened.send('goodbye');
    const closed = once(client, 'close');
    apps.pop();
    await app.close();
    await closed;
    expect(goodbye).toEqual(['goodbye']);
  });
});

describe('upgrades', () => {
  const greet = (name: string) => (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (opened) => opened.send(name));
  };

  async function firstMessage(url: string): Promise<string> {
    const socket = new WebSocket(url.replace('http', 'ws'));
    const [data] = (await once(socket, 'message')) as [Buffer];
    return data.toString();
  }

  it('that no mount takes go to who listened before', async () => {
    const { url } = await serve(at('app', mount(express(), { upgrade: greet('mount') })), (app) => {
      app.getHttpServer().on('upgrade', greet('gateway'));
    });
    expect(await firstMessage(`${url}/app/ws`)).toBe('mount');
    expect(await firstMessage(`${url}/gateway`)).toBe('gateway');
  });

  it.each([
    ['that the application accepts', { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }, 101],
    ['that it denies', { 'sec-websocket-key': 'none' }, 400],
  ])('%s are reported with the status that it answers', async (_, headers, statusCode) => {
    const { surroundings, reported } = record();
    const upgrade = greet('mount');
    const { url } = await serve(at('app', mount(express(), { upgrade })), undefined, surroundings);
    await rawUpgrade(url, headers);
    await vi.waitFor(() => expect(reported).toEqual([`left ${statusCode}`]));
  });

  it('end the answer for those who wait for its end', async () => {
    let closed = 0;
    const upgrade = greet('mount');
    const { url } = await serve((consumer) => {
      const watch = (
        _request: IncomingMessage,
        response: ServerResponse,
        next: () => void,
      ): void => {
        response.once('close', () => closed++);
        next();
      };
      consumer.apply(watch, mount(express(), { upgrade })).forRoutes('app{/*splat}');
    });
    expect(await firstMessage(`${url}/app/ws`)).toBe('mount');
    expect(closed).toBe(1);
  });

  it('whose client leaves before an answer are reported as left', async () => {
    const { surroundings, reported } = record();
    let taken: Duplex | undefined;
    const upgrade = (_request: IncomingMessage, socket: Duplex): void => void (taken = socket);
    const { url } = await serve(at('app', mount(express(), { upgrade })), undefined, surroundings);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`GET /app HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n\r\n`);
    await vi.waitFor(() => expect(taken).toBeDefined());
    socket.destroy();
    taken?.resume().end();
    await vi.waitFor(() => expect(reported).toEqual(['left 499']));
  });

  it('to another protocol leave nothing at their connection', async () => {
    const connected: Socket[] = [];
    const { url, app } = await serve(
      at(
        'app',
        mount(() => new Response('here'), { kind: 'fetch' }),
      ),
    );
    app.getHttpServer().on('connection', (socket: Socket) => connected.push(socket));
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    const ask = async (fields: string): Promise<readonly number[]> => {
      client.write(`GET /app HTTP/1.1\r\nhost: x\r\n${fields}\r\n`);
      await once(client, 'data');
      // Node ends the request behind its answer.
      await turn();
      const [socket] = connected;
      return socket?.eventNames().map((name) => socket.listenerCount(name)) ?? [];
    };
    const upgrade = 'connection: upgrade\r\nupgrade: h2c\r\n';
    const before = await ask(upgrade);
    for (let count = 0; count < 20; count++) await ask(upgrade);
    expect(await ask(upgrade)).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
    client.destroy();
  });

  it('are left alone where no mount has a handler for them', async () => {
    const { app } = await serve(at('app', mount(express())));
    expect(app.getHttpServer().listenerCount('upgrade')).toBe(0);
  });
});

/** Answers as one that users write, by Nest's adapter. */
abstract class OwnFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const body = `${this.constructor.name}: ${(error as Error).message}`;
    httpAdapter.reply(host.switchToHttp().getResponse(), body, 418);
  }
}

@Catch()
class FilterOfAll extends OwnFilter {}

@Catch(TypeError)
class FilterOfTypeErrors extends OwnFilter {}

describe.each(['app', '/'])('an error of an application at %s', (path) => {
  const failing = (
    { url = '' }: IncomingMessage,
    _response: ServerResponse,
    next: (error: Error) => void,
  ): unknown => {
    if (url.endsWith('type')) throw new TypeError('thrown');
    if (url.endsWith('late')) return Promise.reject(new TypeError('rejected'));
    next(new RangeError('passed on'));
    return undefined;
  };

  it.each([
    ['type', 'FilterOfTypeErrors: thrown'],
    ['range', 'FilterOfAll: passed on'],
    ['late', 'FilterOfTypeErrors: rejected'],
  ])('reaches the filter of its class, or the one of all: %s', async (route, expected) => {
    const apply: Apply = (consumer) =>
      void consumer.apply(mount(failing)).forRoutes(path === '/' ? '{*splat}' : 'app{/*splat}');
    const { url } = await serve(apply, (app) => {
      const adapterHost = app.get(HttpAdapterHost);
      app.useGlobalFilters(new FilterOfAll(adapterHost), new FilterOfTypeErrors(adapterHost));
    });
    const answer = await fetch(`${url}/app/${route}`);
    expect([answer.status, await answer.text()]).toEqual([418, expected]);
  });
});
