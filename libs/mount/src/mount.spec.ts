import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Injectable, Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule, NestMiddleware, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import express from 'express';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { mount } from './mount.js';

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
): Promise<Served> {
  @Module({ providers: [Greeter] })
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

const at = (path: string, app: Type<NestMiddleware>): Apply =>
  function apply(consumer) {
    consumer.apply(app).forRoutes(`${path}{/*splat}`);
  };

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

  it('are left alone where no mount has a handler for them', async () => {
    const { app } = await serve(at('app', mount(express())));
    expect(app.getHttpServer().listenerCount('upgrade')).toBe(0);
  });
});
