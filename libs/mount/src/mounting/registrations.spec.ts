import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { mount } from '../mount.js';
import { MOUNT_SURROUNDINGS } from './mount-surroundings.js';
import type { MountDescription } from './mount-surroundings.js';

const pass = (_request: unknown, _response: unknown, next: () => void): void => next();
const answer = (): Response => new Response('');
const described = mount(answer, { kind: 'fetch', openapi: { openapi: '3.1.0' } });

/** What the surroundings are told of the applications that are mounted so. */
async function describeAll(
  configure: (consumer: MiddlewareConsumer) => void,
  prefix = '',
): Promise<readonly MountDescription[]> {
  const descriptions: MountDescription[] = [];
  const surroundings = { describe: (one: MountDescription) => descriptions.push(one) };

  @Module({ providers: [{ provide: MOUNT_SURROUNDINGS, useValue: surroundings }] })
  class MountModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      configure(consumer);
    }
  }
  const module = await Test.createTestingModule({ imports: [MountModule] }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  onTestFinished(() => app.close());
  app.setGlobalPrefix(prefix, { exclude: ['health'] });
  await app.init();
  return descriptions;
}

it('tells the paths of a mount before the first request, among other middleware', async () => {
  const [description, ...others] = await describeAll((consumer) => {
    consumer.apply(pass).forRoutes('before{/*splat}');
    consumer.apply(pass, described, pass).forRoutes('a{/*splat}', 'of/:tenant/b{/*splat}');
    consumer.apply(mount(answer, { kind: 'fetch' })).forRoutes('silent{/*splat}');
    consumer.apply(described).forRoutes('c{/*splat}');
    consumer.apply(pass).forRoutes('after{/*splat}');
  });
  expect(description?.endpoints()).toEqual(['/a', '/of/:tenant/b', '/c']);
  expect(others).toEqual([]);
});

it('also with the global prefix, the root, and where some paths are excluded', async () => {
  const excluding = mount(answer, { kind: 'fetch', openapi: () => ({ openapi: '3.1.0' }) });
  const descriptions = await describeAll((consumer) => {
    consumer.apply(described).forRoutes('{*splat}');
    consumer.apply(excluding).exclude('legacy/own').forRoutes('legacy{/*splat}');
  }, 'api');
  expect(descriptions.map((each) => each.endpoints())).toEqual([['/api/*'], ['/api/legacy']]);
  expect(await descriptions[1]?.read('/api/legacy')).toEqual({ openapi: '3.1.0' });
});
