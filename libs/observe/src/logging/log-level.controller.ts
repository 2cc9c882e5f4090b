import { Body, Controller, Get, Put } from '@nestjs/common';
import type { LogLevelName } from 'bentonest/runner';
import { Infrastructure } from 'bentonest/serving';
import { UnknownLogLevelError } from '../observe.errors.js';
import { LogLevel } from './log-level.js';

/** Which level the log has. */
export interface LogLevelBody {
  readonly level: LogLevelName;
}

/** Reads and changes the level of the log, for an address that only operators reach. */
@Controller('loglevel')
export class LogLevelController {
  constructor(private readonly level: LogLevel) {}

  @Get()
  @Infrastructure({
    summary: 'Log level',
    responses: { 200: 'The level.' },
    address: 'operators-only',
  })
  read(): LogLevelBody {
    return { level: this.level.current };
  }

  /** @throws UnknownLogLevelError */
  @Put()
  @Infrastructure({
    address: 'operators-only',
    summary: 'Change of the log level',
    responses: { 200: 'The level is changed.', 400: 'There is no such level; those that are.' },
  })
  change(@Body() body: unknown): LogLevelBody {
    const { level } = (body ?? {}) as Partial<LogLevelBody>;
    if (level === undefined) throw new UnknownLogLevelError(level);
    this.level.set(level);
    return this.read();
  }
}
