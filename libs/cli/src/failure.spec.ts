import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { CommandFailedError, CommandInterruptedError, CommandUsageError } from './cli.errors.js';
import { describeFailure, exitCodeOf } from './failure.js';

const command = new Command('bentonest').command('models').command('get');

async function systemError(failing: () => Promise<unknown>): Promise<unknown> {
  return failing().catch((error: unknown) => error);
}

it.each([
  ['what the command says', new CommandFailedError('Do this.'), 'Do this.', 1],
  ['a wrong line', new CommandUsageError('Not so.'), 'Not so. See: bentonest models get --help', 2],
  [
    'a mistake of ours',
    new RangeError('no such thing'),
    'RangeError: no such thing. Set BENTONEST_DEBUG=1 to see where.',
    1,
  ],
  [
    'a Ctrl-C',
    new CommandInterruptedError('SIGINT'),
    'Interrupted: nothing has been kept. Run it again.',
    130,
  ],
  ['what is no error', 'text', 'Unexpected failure: text', 1],
  [
    'a full disk',
    Object.assign(new Error('ENOSPC: no space left, write'), { code: 'ENOSPC', syscall: 'write' }),
    'The disk is full. Free space, or use another folder.',
    1,
  ],
])('%s', (_, error, message, code) => {
  expect(describeFailure(error, command)).toBe(message);
  expect(exitCodeOf(error)).toBe(code);
});

it('an error of the system names the file and the cure', async () => {
  const missing = await systemError(() => readFile('/nowhere/x'));
  expect(describeFailure(missing, command)).toBe('There is no such file or folder: /nowhere/x.');
  const folder = await systemError(() => writeFile('/tmp', ''));
  expect(describeFailure(folder, command)).toBe('Expected a file, got a folder: /tmp.');
});
