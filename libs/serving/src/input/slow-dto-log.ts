import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SLOW_DTO_CHANNEL } from 'bentonest/io';
import type { SlowDtoEvent } from 'bentonest/io';

/** Says at debug level which DTOs are not compiled, so that nobody wonders about their speed. */
@Injectable()
export class SlowDtoLog implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('BentoNest');

  onModuleInit(): void {
    subscribe(SLOW_DTO_CHANNEL, this.log);
  }

  onApplicationShutdown(): void {
    unsubscribe(SLOW_DTO_CHANNEL, this.log);
  }

  private readonly log = (message: unknown): void => {
    const { dto, reason } = message as SlowDtoEvent;
    this.logger.debug(`${dto} is validated by class-validator itself: ${reason}`);
  };
}
