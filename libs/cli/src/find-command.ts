import type { Command } from 'commander';

/** The command that words lead to, and the words that come after its name. */
export function findCommand(
  program: Command,
  words: readonly string[],
): { command: Command; rest: readonly string[] } {
  let command = program;
  let used = 0;
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((sub) => sub.name() === word);
    if (next === undefined) break;
    command = next;
    used = index + 1;
  }
  return { command, rest: words.slice(used) };
}
