import { Option } from 'commander';
import type { Command } from 'commander';
import { homeOption } from '../models/models.command.js';
import { examples } from '../output/examples.js';

/** `bentonest env`: what a bug report needs. */
export function addEnvCommand(program: Command): void {
  program
    .command('env')
    .description('Prints versions, cores and folders, for a bug report.')
    .addOption(
      new Option('-o, --output <format>', 'how to print it')
        .choices(['md', 'json', 'yaml'])
        .default('md'),
    )
    .addOption(homeOption())
    .addHelpText('after', examples(['bentonest env -o md', 'to paste into an issue']))
    .action(async (options) => (await import('./env.js')).showEnvironment(options));
}
