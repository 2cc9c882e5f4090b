import type { Command } from 'commander';
import { examples } from '../output/examples.js';
import { outputOption } from '../output/print.js';

/** `bentonest config …`: what operators set, and what they may set. */
export function addConfigCommand(program: Command): void {
  const config = program
    .command('config')
    .description('Shows and checks bentonest.yaml and the variables of the environment.')
    .helpCommand(false)
    .addHelpText('after', examples(['bentonest config print', 'what is set, and where']));
  config
    .command('print')
    .description('Prints every key with its value and where that comes from, secrets hidden.')
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest config print', 'in the folder of bentonest.yaml'],
        ['bentonest config print -o json', 'for a program to read'],
      ),
    )
    .action(async (options) => (await import('./config.js')).printConfig(options));
  config
    .command('keys')
    .description('Prints the keys there are, in Markdown.')
    .addHelpText('after', examples(['bentonest config keys', '']))
    .action(async () => (await import('./config.js')).printKeys());
}
