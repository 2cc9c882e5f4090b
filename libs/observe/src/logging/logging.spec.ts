import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { REQUEST_CHANNEL } from 'bentonest/serving';
import { afterEach, describe, expect, it } from 'vitest';
import { NoRunnersModule } from '../no-runners.fixture.js';
import { ObserveModule } from '../observe.module.js';
import { BentoLogger } from './bento-logger.js';
import { LogLevel } from './log-level.js';
import { LogLevelController } from './log-level.controller.js';
import type { LoggingOptions } from './logging.options.js';

let app: NestFastifyApplication | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
  Logger.overrideLogger(false);
});

async function start(
  logging: boolean | LoggingOptions,
  logger?: 'bento',
): Promise<NestFastifyApplication> {
  const observe = ObserveModule.register({ metrics: false, health: false, logging });
  const module = await Test.createTestingModule({
    imports: [NoRunnersModule, observe],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  if (logger === 'bento') app.useLogger(app.get(BentoLogger));
  return app.init();
}

const isFollowed = (): boolean => channel(REQUEST_CHANNEL).hasSubscribers;

describe('the access log follows requests', () => {
  it.each<[boolean | LoggingOptions, 'bento' | undefined, boolean]>([
    [{ level: 'fatal', access: true }, undefined, false],
    [{ access: true }, undefined, true],
    [{ access: { enabled: true } }, undefined, true],
    [{}, undefined, false],
    [{ access: { fields: ['status'] } }, undefined, false],
    [{ access: false }, undefined, false],
    [false, undefined, false],
  ])('with %j and %s as logger: %s', async (logging, logger, expected) => {
    await start(logging, logger);
    expect(isFollowed()).toBe(expected);
    await app?.close();
    expect(isFollowed()).toBe(false);
  });

  it('where BentoLogger is the logger, while the level includes info', async () => {
    const level = (await start({ level: 'warn' }, 'bento')).get(LogLevel);
    expect(isFollowed()).toBe(false);
    level.set('info');
    expect(isFollowed()).toBe(true);
    level.set('silent');
    expect(isFollowed()).toBe(false);
  });
});

describe('options that are none are refused by name', () => {
  it.each<[object, string]>([
    [
      { level: 'loud' },
      'Expected logging.level to be of trace, debug, info, warn, error, fatal, silent, got "loud".',
    ],
    [{ format: 'xml' }, 'Expected logging.format to be of auto, json, pretty, got "xml".'],
    [{ access: { fields: ['status', 'body'] } }, 'got "body".'],
    [{ redact: ['a['] }, 'Expected logging.redact to have paths as pino takes them'],
  ])('%j', async (logging, message) => {
    await expect(start(logging as LoggingOptions)).rejects.toThrow(message);
  });
});

describe('the level', () => {
  it('changes for the logger, and toggles to debug and back to what it was', async () => {
    const created = await start({ level: 'error' });
    const [level, { pino }] = [created.get(LogLevel), created.get(BentoLogger)];
    const heard: string[] = [];
    const end = level.onChange((changed) => heard.push(changed));
    for (let times = 0; times < 3; times++) level.toggleDebug();
    expect([level.current, pino.level]).toEqual(['debug', 'debug']);
    level.set('debug');
    end();
    level.toggleDebug();
    expect([level.current, pino.level]).toEqual(['error', 'error']);
    expect(heard).toEqual(['debug', 'error', 'debug']);
  });

  it('is read and changed by its controller, which tells the levels that there are', async () => {
    const served = await start({});
    const put = (payload: object) => served.inject({ method: 'PUT', url: '/loglevel', payload });
    expect((await served.inject('/loglevel')).json()).toEqual({ level: 'info' });
    expect((await put({ level: 'debug' })).json()).toEqual({ level: 'debug' });
    expect(served.get(LogLevel).current).toBe('debug');
    for (const body of [{ level: 'loud' }, { level: ['debug'] }, {}, []]) {
      expect(() => served.get(LogLevelController).change(body)).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_LOG_LEVEL',
          statusCode: 400,
          details: { levels: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
        }),
      );
    }
    expect(served.get(LogLevel).current).toBe('debug');
  });
});
