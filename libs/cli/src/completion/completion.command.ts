import { Argument } from 'commander';
import type { Command } from 'commander';
import { examples } from '../output/examples.js';

/** `bentonest completion bash`, and what its scripts call at each Tab. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description(
      'Prints a script that completes bentonest’s commands, options and tags in a shell.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        ['source <(bentonest completion bash)', 'for this shell; for all, in ~/.bashrc'],
        ['bentonest completion zsh > "${fpath[1]}/_bentonest"', ''],
        ['bentonest completion fish > ~/.config/fish/completions/bentonest.fish', ''],
      ),
    )
    .action(async (shell) => (await import('./scripts.js')).printScript(shell));
  program
    .command('complete', { hidden: true })
    .description('Prints what could stand in the place of the last word, one a line.')
    .argument('[words...]', 'what follows bentonest, up to the cursor')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (words: readonly string[]) =>
      (await import('./complete.js')).printCompletions(program, words),
    );
}
