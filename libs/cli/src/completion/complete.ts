import type { Command, Option } from 'commander';
import { findCommand } from '../find-command.js';
import { print } from '../output/print.js';

/** The tags of the store, asked for only where a tag can stand. */
type Tags = () => Promise<readonly string[]>;

const TAGGED = new Set(['tag', 'name']);

function optionOf(command: Command, word: string | undefined): Option | undefined {
  // Options without a short form have none that is undefined.
  if (word === undefined) return undefined;
  return command.options.find(({ short, long }) => word === short || word === long);
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Words that are arguments: neither options nor their values. */
function positionals(command: Command, words: readonly string[]): readonly string[] {
  return words.filter((word, index) => {
    const before = optionOf(command, words[index - 1]);
    return !word.startsWith('-') && !(before !== undefined && takesValue(before));
  });
}

/** What an argument can be; nothing where it is a path, which the shell completes by itself. */
async function argumentValues(
  command: Command,
  given: readonly string[],
  tags: Tags,
): Promise<readonly string[]> {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[given.length] ?? (last?.variadic ? last : undefined);
  if (argument?.argChoices !== undefined) return argument.argChoices;
  const isTag = argument !== undefined && TAGGED.has(argument.name());
  if (!isTag || command.parent?.name() !== 'models') return [];
  const all = await tags();
  return argument.name() === 'tag' ? all : [...new Set(all.map((tag) => tag.split(':')[0]))];
}

/**
 * What could stand in the place of the last word, which may be empty.
 *
 * @param words what follows the command's name, up to the cursor
 */
export async function complete(
  program: Command,
  words: readonly string[],
  tags: Tags,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, rest } = findCommand(program, before);
  const startsLike = (word: string): boolean => word.startsWith(current);

  const valued = optionOf(command, before.at(-1));
  if (valued !== undefined && takesValue(valued)) {
    return (valued.argChoices ?? []).filter(startsLike);
  }
  if (current.startsWith('-')) {
    const options = command.createHelp().visibleOptions(command);
    return options.map(({ long, short }) => long ?? short ?? '').filter(startsLike);
  }
  const commands = command.createHelp().visibleCommands(command);
  const given = positionals(command, rest);
  if (commands.length > 0) {
    return given.length > 0 ? [] : commands.map((sub) => sub.name()).filter(startsLike);
  }
  const values = await argumentValues(command, given, tags);
  return values.filter(startsLike);
}

export async function printCompletions(program: Command, words: readonly string[]): Promise<void> {
  const found = await complete(program, words, async () => {
    const { ModelStore } = await import('bentonest/model-store');
    const models = await new ModelStore({ home: homeOf(words) }).list();
    return models.map(({ tag }) => tag.toString());
  });
  print(found.map((word) => `${word}\n`).join(''));
}

function homeOf(words: readonly string[]): string | undefined {
  const at = words.indexOf('--home');
  return at === -1 ? undefined : words[at + 1];
}
