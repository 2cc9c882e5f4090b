import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Api, BentoService, ServingModule, createController } from 'bentonest/serving';
import { Transform } from 'class-transformer';
import { IsNumber } from 'class-validator';
import { expect, it, onTestFinished } from 'vitest';

class Compiled {
  @IsNumber() x: number;
}

class IrisFeatures {
  @IsNumber() @Transform(({ value }) => Number(value)) x: number;
}

@BentoService()
class Sums {
  @Api()
  fast(input: Compiled): number {
    return input.x;
  }

  @Api()
  slow(input: IrisFeatures): number {
    return input.x + 1;
  }
}

@Module({ imports: [ServingModule], controllers: [createController(Sums)], providers: [Sums] })
class AppModule {}

it('a DTO that is not compiled is named in the log, once and with the rule', async () => {
  const lines: string[] = [];
  const ignore = (): void => undefined;
  const logger = {
    log: ignore,
    warn: ignore,
    error: ignore,
    debug: (line: string) => lines.push(line),
  };
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger,
  });
  onTestFinished(() => app.close());
  await app.init();
  const ask = async (url: string, payload: object): Promise<string> =>
    (await app.inject({ method: 'POST', url, payload })).body;
  expect(await ask('/fast', { x: 1 })).toBe('1');
  expect(await ask('/slow', { x: '1' })).toBe('2');
  expect(await ask('/slow', { x: '2' })).toBe('3');
  expect(lines).toEqual([
    'IrisFeatures is validated by class-validator itself: @Transform on field x',
  ]);
});
