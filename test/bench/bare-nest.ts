// A Nest application on Fastify that does nothing else: what memory of ours is compared with.
// Run by servers.ts from dist: node bare-nest.js <port>
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

@Controller()
class Hello {
  @Get()
  hello(): string {
    return 'hello';
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
