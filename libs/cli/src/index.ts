export { CommandFailedError, CommandInterruptedError, CommandUsageError } from './cli.errors.js';
export { runCli } from './run-cli.js';
