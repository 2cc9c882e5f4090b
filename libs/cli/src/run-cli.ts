import { CommanderError } from 'commander';
import { describeFailure, exitCodeOf } from './failure.js';
import { findCommand } from './find-command.js';
import { createProgram } from './program.js';

/** Commander's way to end after --help or --version. */
const isDone = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0;

/** A line break or an escape of the terminal in a message must not make a second line of it. */
function toOneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

/**
 * Runs the `bentonest` command in this process: prints to its stdout and stderr, and never throws.
 *
 * @param args what follows the command's name: `['models', 'list']`
 * @returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 128 and its number for a signal
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (isDone(error)) return 0;
    const message = toOneLine(describeFailure(error, findCommand(program, args).command));
    if (message !== '') process.stderr.write(`bentonest: ${message}\n`);
    if (process.env.BENTONEST_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
    return exitCodeOf(error);
  }
}
