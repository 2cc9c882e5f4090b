import type { Command } from 'commander';
import { examples } from '../output/examples.js';
import { answerOption } from '../output/print.js';

/** `bentonest new`: a project that works. */
export function addNewCommand(program: Command): void {
  program
    .command('new')
    .description('Makes a Nest project with one service, its model and a test.')
    .argument('<name>', 'its folder, and the name of its service: a-z, 0-9 and "-"')
    .option('--package <specifier>', 'where npm gets bentonest from (default: this version)')
    .addOption(answerOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest new iris', ''],
        ['cd iris && npm install && npm start', 'builds it and serves it'],
      ),
    )
    .action(async (name, options) => (await import('./new.js')).createProject(name, options));
}
