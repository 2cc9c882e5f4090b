import { channel } from 'node:diagnostics_channel';

/** A DTO that class-validator itself validates, with its first rule that is not compiled. */
export interface SlowDtoEvent {
  /** Name of the DTO's class. */
  readonly dto: string;
  /** `@Transform on field x`, or what else stands in the way. */
  readonly reason: string;
}

/** Name of the channel on `node:diagnostics_channel`; it has one message per DTO, at its first use. */
export const SLOW_DTO_CHANNEL = 'bentonest:io:slow-dto';

const slowDtos = channel(SLOW_DTO_CHANNEL);

export function publishSlowDto(event: SlowDtoEvent): void {
  slowDtos.publish(event);
}
