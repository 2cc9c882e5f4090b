import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { getModelToken, getRunnerToken, mount } from 'bentonest';
import { IrisModule } from '../iris/iris.module.js';
import { createHonoApp } from './hono-app.js';

/** GET /hono/metadata and POST /hono/predict, by a Hono application. */
@Module({ imports: [IrisModule] })
export class HonoModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const inject = [getRunnerToken('iris_clf'), getModelToken('iris_clf:latest')];
    consumer.apply(mount.factory(createHonoApp, { inject })).forRoutes('hono{/*splat}');
  }
}
