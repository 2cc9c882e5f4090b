import { constants } from 'node:os';
import { BentoError } from 'bentonest/errors';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { CommandInterruptedError, CommandUsageError } from './cli.errors.js';

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free space, or use another folder.',
  EDQUOT: 'The disk quota is used up. Free space, or use another folder.',
  EROFS: 'The file system is read-only. Use another folder.',
  EACCES: 'Access is denied. Check the permissions of',
  EPERM: 'The operation is not permitted. Check the permissions of',
  ENOENT: 'There is no such file or folder:',
  ENOTDIR: 'Expected a folder, got a file:',
  EISDIR: 'Expected a file, got a folder:',
  EEXIST: 'There is such a file already:',
  EMFILE: 'Too many files are open. Raise the limit with ulimit -n.',
};

/** `bentonest models list`: a command by all its names. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function describeSystemError({ code = '', path, message }: NodeJS.ErrnoException): string {
  const cure = CURES[code];
  if (cure === undefined) return message;
  return cure.endsWith('.') ? cure : `${cure} ${path ?? 'the files named'}.`;
}

/** One or two sentences: what was expected, what came, what to do. */
export function describeFailure(error: unknown, command: Command): string {
  const help = `See: ${fullName(command)} --help`;
  if (error instanceof CommanderError) {
    // Without a subcommand, commander has printed the help already.
    if (error.code === 'commander.help') return '';
    return `${sentence(error.message.replace(/^error: /, ''))} ${help}`;
  }
  if (error instanceof CommandUsageError) return `${error.message} ${help}`;
  if (error instanceof BentoError) return error.message;
  if (!(error instanceof Error)) return `Unexpected failure: ${String(error)}`;
  if ('syscall' in error) return describeSystemError(error as NodeJS.ErrnoException);
  return `${error.name}: ${sentence(error.message)} Set BENTONEST_DEBUG=1 to see where.`;
}

function sentence(text: string): string {
  return /[.?!)]$/.test(text) ? text : `${text}.`;
}

/** 2 for a wrong command line, 128 and the signal's number for one that ended it, 1 for all else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandInterruptedError) return 128 + constants.signals[error.signal];
  return error instanceof CommanderError || error instanceof CommandUsageError ? 2 : 1;
}
