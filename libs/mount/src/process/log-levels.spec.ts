import { expect, it } from 'vitest';
import { LogLevels } from './log-levels.js';

it.each([
  ['INFO:     Application startup complete.', 'log'],
  ['WARNING:  slow', 'warn'],
  ['ERROR:    Exception in ASGI application', 'error'],
  ['[2026-01-01 10:00:00 +0000] [12] [INFO] Booting worker', 'log'],
  ['[2026-01-01 10:00:00 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:13)', 'error'],
  ['[2026-01-01 10:00:00,123] ERROR in app: Exception on /x [GET]', 'error'],
  ['INFORMATION is not a level', 'log'],
  ['a line of print', 'log'],
  ['', 'log'],
])('%s is %s', (line, level) => {
  expect(new LogLevels().next(line)).toBe(level);
});

it('a traceback is an error from its first line to its last, and no further', () => {
  const levels = new LogLevels();
  const lines = [
    'before',
    'Traceback (most recent call last):',
    '  File "a.py", line 1, in <module>',
    '    import nothing',
    "ModuleNotFoundError: No module named 'nothing'",
    'after',
    'INFO:     Shutting down',
  ];
  expect(lines.map((line) => levels.next(line))).toEqual([
    'log',
    ...Array.from({ length: 4 }, () => 'error'),
    'log',
    'log',
  ]);
});
