import { Command } from 'commander';
import { addCompletionCommand } from './completion/completion.command.js';
import { addConfigCommand } from './config/config.command.js';
import { addEnvCommand } from './env/env.command.js';
import { addModelsCommand } from './models/models.command.js';
import { addNewCommand } from './new/new.command.js';
import { examples } from './output/examples.js';
import { readOwnPackage } from './package-root.js';
import { addServeCommand } from './serve/serve.command.js';

/**
 * The tree of commands. It is built at each start, so a command's file holds its options and its help
 * only, and imports what it does when it is run.
 */
export function createProgram(): Command {
  const program = new Command('bentonest')
    .description('Serves machine-learning models from NestJS, and keeps them in a model store.')
    .version(readOwnPackage().version)
    .exitOverride()
    // Failures are printed once, in one line, by runCli.
    .configureOutput({ outputError: () => {} })
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['bentonest new iris', 'a project that serves a first model'],
        ['bentonest models import iris.onnx', 'a model into the store'],
        ['bentonest serve --port 8080', 'serves the project in this folder'],
      ),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong command line, 130 Ctrl-C, 143 SIGTERM. BENTONEST_DEBUG=1 shows stacks.',
    );
  addModelsCommand(program);
  addServeCommand(program);
  addNewCommand(program);
  addConfigCommand(program);
  addEnvCommand(program);
  addCompletionCommand(program);
  return program;
}
