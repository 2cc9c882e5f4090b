/** The loggers' methods that lines of an application are written with. */
export type LogLevel = 'debug' | 'log' | 'warn' | 'error';

const LEVELS: Readonly<Record<string, LogLevel>> = {
  DEBUG: 'debug',
  INFO: 'log',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
};

/** uvicorn's `INFO:     text`, gunicorn's `[time] [pid] [INFO] text`, Flask's `[time] ERROR in app: text`. */
const LEVEL = /^(?:\[[^\]]*\] )*\[?(DEBUG|INFO|WARNING|ERROR|CRITICAL)(?:\]|:| in )/;

const TRACEBACK = 'Traceback (most recent call last):';

/** How serious the lines of a Python process are, as they come: a traceback is an error to its end. */
export class LogLevels {
  private isInTraceback = false;

  next(line: string): LogLevel {
    const [, name = ''] = LEVEL.exec(line) ?? [];
    const level = LEVELS[name];
    // Groups of exceptions are drawn beside a line: `  | Traceback`.
    if (line.endsWith(TRACEBACK)) this.isInTraceback = true;
    else if (this.isInTraceback && !/^\s|^$/.test(line)) {
      // The error itself is the last of it.
      this.isInTraceback = false;
      return level ?? 'error';
    }
    return this.isInTraceback ? 'error' : (level ?? 'log');
  }
}
