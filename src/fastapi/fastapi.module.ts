import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { BentoModule, mountAsgi } from 'bentonest';
import { namedIrisRunner } from '../iris/named-iris.runner.js';
import { IrisService } from './iris.service.js';

/** A BentoService beside a real FastAPI application, which calls the same runner. */
@Module({
  imports: [
    BentoModule.forRoot(),
    BentoModule.forFeature({ services: [IrisService], runners: [namedIrisRunner] }),
  ],
})
export class FastapiModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const fastapi = mountAsgi({
      app: 'fastapi_app:app',
      // Python files are not compiled: they stay where they are, seen from dist/src/fastapi.
      cwd: new URL('../../../src/fastapi/python/', import.meta.url),
      requirements: ['fastapi>=0.110', 'uvicorn[standard]>=0.30', 'numpy'],
    });
    // At the root: it gets what no service answers.
    consumer.apply(fastapi).forRoutes('{*splat}');
  }
}
