import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { importPeer } from 'bentonest/errors';
import { RunnerNotRegisteredError, RunnerRegistry } from 'bentonest/runner';

/** What @nestjs/terminus reports under a key. */
type HealthIndicatorResult = Record<string, { status: 'up' | 'down' } & Record<string, unknown>>;

/**
 * Runners in a health check of @nestjs/terminus, whose TerminusModule the application imports.
 *
 * @example
 * @Get('health')
 * @HealthCheck()
 * check() {
 *   return this.health.check([() => this.runners.isHealthy('iris_clf')]);
 * }
 */
@Injectable()
export class RunnerHealthIndicator {
  constructor(
    private readonly runners: RunnerRegistry,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Up while a runner has a live worker with its model loaded: `{ iris_clf: { status: 'up', workers: 1 } }`.
   *
   * @throws MissingPeerError without @nestjs/terminus; RunnerNotRegisteredError.
   */
  async isHealthy(runner: string, key = runner): Promise<HealthIndicatorResult> {
    const { HealthIndicatorService } = await importPeer(
      '@nestjs/terminus',
      'RunnerHealthIndicator',
      () => import('@nestjs/terminus'),
    );
    const session = this.modules.get(HealthIndicatorService, { strict: false }).check(key);
    const status = this.runners.statuses.find(({ name }) => name === runner);
    if (status === undefined) {
      const names = this.runners.names.join(', ') || 'none';
      throw new RunnerNotRegisteredError(
        `Expected a runner of this application to check, got "${runner}". There are: ${names}.`,
        { details: { runner } },
      );
    }
    const { state, reason, workers } = status;
    const live = workers.filter((worker) => worker.state === 'ready').length;
    const told = { state, workers: live, ...(reason === undefined ? {} : { reason }) };
    return state === 'ready' ? session.up(told) : session.down(told);
  }
}
