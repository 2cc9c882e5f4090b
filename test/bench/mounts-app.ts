// Mounted applications as mounts.ts measures them. Run by servers.ts from dist:
// node mounts-app.js <port> <model.onnx> [<python>]
import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BentoModule, mount, mountAsgi, onnxRunner } from 'bentonest';
import { createFlowerApp } from './flower-express.js';

const [port = '', file = '', python] = process.argv.slice(2);

@Module({
  imports: [
    BentoModule.forRoot({ startup: 'wait' }),
    BentoModule.forFeature({ runners: [onnxRunner('iris_clf', { model: file })] }),
  ],
})
class MountsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(mount(createFlowerApp())).forRoutes('express{/*splat}');
    if (python === undefined) return;
    const cwd = new URL('../../../test/bench/python/', import.meta.url);
    consumer.apply(mountAsgi({ app: 'flower_app:app', cwd, python })).forRoutes('py{/*splat}');
  }
}

const app = await NestFactory.create<NestFastifyApplication>(MountsModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.listen(port, '127.0.0.1');
process.send?.('ready');
process.on('disconnect', () => process.exit());
