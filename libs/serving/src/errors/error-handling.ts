import { Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { BentoErrorFilter } from './bento-error.filter.js';
import { answerClientErrors } from './client-errors.js';
import { RouteMethods } from './route-methods.js';

/** Has every error of the application answered by the one filter, wherever it is raised. */
@Injectable()
export class ErrorHandling {
  constructor(
    config: ApplicationConfig,
    filter: BentoErrorFilter,
    private readonly routes: RouteMethods,
  ) {
    // Nest asks the last global filter first. As the very first, ours gets what none of the
    // application's own catches; by APP_FILTER it would depend on the order of modules.
    config.getGlobalFilters().unshift(filter);
  }

  /** To be called before the first route is added. */
  attach(fastify: FastifyInstance): void {
    this.routes.observe(fastify);
    answerClientErrors(fastify);
  }
}
