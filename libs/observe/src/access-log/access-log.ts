import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { CLIENT_ERROR_CHANNEL, REQUEST_CHANNEL } from 'bentonest/serving';
import type { ClientErrorEvent, RequestEvent } from 'bentonest/serving';
import { BentoLogger } from '../logging/bento-logger.js';
import { LogLevel } from '../logging/log-level.js';
import { LOGGING_OPTIONS } from '../logging/logging.options.js';
import type { ResolvedLoggingOptions } from '../logging/logging.options.js';
import { createRouteMatcher } from '../route-matcher.js';
import { AccessLines } from './access-lines.js';

/**
 * Writes a line for each request that was answered, whatever the answer. While it is off, by its
 * option or by a level above info, it does not subscribe.
 */
@Injectable()
export class AccessLog implements OnApplicationBootstrap, OnApplicationShutdown {
  private lines: AccessLines | undefined;
  private isOn = false;
  private stopFollowing: (() => void) | undefined;

  constructor(
    @Inject(LOGGING_OPTIONS) private readonly options: ResolvedLoggingOptions,
    private readonly logger: BentoLogger,
    private readonly level: LogLevel,
    private readonly application: ApplicationConfig,
  ) {}

  onApplicationBootstrap(): void {
    const { enabled = this.logger.isInUse, fields, skipPaths } = this.options.access;
    if (!enabled) return;
    const isSkipped = createRouteMatcher(skipPaths, this.application.getGlobalPrefix());
    this.lines = new AccessLines(fields, isSkipped);
    this.stopFollowing = this.level.onChange(this.follow);
    this.follow();
  }

  /** The last requests of a server that closes are answered by now. */
  onApplicationShutdown(): void {
    this.stopFollowing?.();
    this.switch(false);
    this.logger.output.flush();
  }

  private readonly follow = (): void => this.switch(this.level.includes('info'));

  private switch(isOn: boolean): void {
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    if (isOn) {
      subscribe(REQUEST_CHANNEL, this.record);
      subscribe(CLIENT_ERROR_CHANNEL, this.recordRefused);
    } else {
      unsubscribe(REQUEST_CHANNEL, this.record);
      unsubscribe(CLIENT_ERROR_CHANNEL, this.recordRefused);
    }
  }

  private readonly record = (message: unknown): void => {
    const line = this.lines?.write(message as RequestEvent);
    if (line) this.logger.output.writeSoon(line);
  };

  private readonly recordRefused = (message: unknown): void => {
    const line = this.lines?.writeRefused(message as ClientErrorEvent);
    if (line) this.logger.output.writeSoon(line);
  };
}
