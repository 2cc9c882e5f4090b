import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { BentoModule, mountWsgi } from 'bentonest';
import { namedIrisRunner } from '../iris/named-iris.runner.js';
import { IrisService } from './iris.service.js';

/** A BentoService beside a real Flask application, which calls the same runner. */
@Module({
  imports: [
    BentoModule.forRoot(),
    BentoModule.forFeature({ services: [IrisService], runners: [namedIrisRunner] }),
  ],
})
export class FlaskModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const flask = mountWsgi({
      app: 'flask_app:app',
      // Python files are not compiled: they stay where they are, seen from dist/src/flask.
      cwd: new URL('../../../src/flask/python/', import.meta.url),
      requirements: ['flask>=3', 'gunicorn>=22', 'numpy'],
    });
    // At the root: it gets what no service answers.
    consumer.apply(flask).forRoutes('{*splat}');
  }
}
