import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { getModelToken, getRunnerToken, mount } from 'bentonest';
import { IrisModule } from '../iris/iris.module.js';
import { createExpressApp } from './express-app.js';

/** GET /express/metadata and POST /express/predict, by an Express application. */
@Module({ imports: [IrisModule] })
export class ExpressModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const inject = [getRunnerToken('iris_clf'), getModelToken('iris_clf:latest')];
    consumer.apply(mount.factory(createExpressApp, { inject })).forRoutes('express{/*splat}');
  }
}
