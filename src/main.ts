import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { frameworkErrors } from 'bentonest';
import { AppModule } from './app.module.js';

// What Fastify refuses before it routes has the shape of all other errors, too.
const adapter = new FastifyAdapter({ frameworkErrors });
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter);
app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.listen(process.env.PORT ?? 3000, process.env.HOST ?? 'localhost');
