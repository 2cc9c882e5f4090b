import ts from 'typescript';
import { expect, it } from 'vitest';
import { useFastify } from './main-file.js';

const HEAD = "import { NestFactory } from '@nestjs/core';\n";
const HOOKS = 'app.enableShutdownHooks(undefined, { useProcessExit: true });';
const IMPORTS =
  "import { FastifyAdapter } from '@nestjs/platform-fastify';\nimport type { NestFastifyApplication } from '@nestjs/platform-fastify';\n";

it.each([
  [
    'a module alone',
    'const app = await NestFactory.create(AppModule);\n',
    `${IMPORTS}const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());\n${HOOKS}\n`,
  ],
  [
    'options',
    'const app = await NestFactory.create(AppModule, { cors: true });\n',
    `${IMPORTS}const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { cors: true });\n${HOOKS}\n`,
  ],
  [
    'an adapter',
    'const app = await NestFactory.create(AppModule, new FastifyAdapter());\n',
    `const app = await NestFactory.create(AppModule, new FastifyAdapter());\n${HOOKS}\n`,
  ],
  [
    'all of it',
    `const app = await NestFactory.create(AppModule, new FastifyAdapter());\n${HOOKS}\n`,
    `const app = await NestFactory.create(AppModule, new FastifyAdapter());\n${HOOKS}\n`,
  ],
])('main.ts with %s', (_, before, after) => {
  expect(useFastify(ts, HEAD + before)).toBe(HEAD + after);
});

it.each([
  ['Express', 'const app = await NestFactory.create<NestExpressApplication>(AppModule);'],
  ['an adapter from elsewhere', 'const app = await NestFactory.create(AppModule, adapter);'],
  ['no application', 'const app = await NestFactory.createMicroservice(AppModule);'],
])('main.ts with %s is left alone', (_, source) => {
  expect(useFastify(ts, HEAD + source)).toBeUndefined();
});
