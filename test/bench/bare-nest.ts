// A Nest application on Fastify that has no model: what memory and start of ours are compared with, and
// what its route leaves of a core for a model.
// Run by servers.ts from dist: node bare-nest.js <port>
import { Body, Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

@Controller()
class Hello {
  @Get()
  hello(): string {
    return 'hello';
  }

  @Post('predict')
  @HttpCode(200)
  predict(@Body() [[length = 0] = []]: number[][]): number[] {
    return [length > 1 ? 2 : 1];
  }
}

@Module({ controllers: [Hello] })
class BareModule {}

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.listen(process.argv[2] ?? '0', '127.0.0.1');
process.send?.('ready');
process.on('disconnect', () => process.exit());
