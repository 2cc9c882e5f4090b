import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { frameworkErrors } from 'bentonest';
import { FastapiModule } from './fastapi.module.js';

const adapter = new FastifyAdapter({ frameworkErrors });
const app = await NestFactory.create<NestFastifyApplication>(FastapiModule, adapter);
app.enableShutdownHooks(undefined, { useProcessExit: true });
await app.listen(process.env.PORT ?? 3000, process.env.HOST ?? 'localhost');
