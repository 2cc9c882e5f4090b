import { CommandUsageError } from '../cli.errors.js';

/** A name in the spellings that templates ask for. */
export interface Spellings {
  /** `house-prices`: files and routes. */
  readonly kebab: string;
  /** `house_prices`: services and runners, as BentoML names models. */
  readonly snake: string;
  /** `HousePrices`: classes. */
  readonly pascal: string;
  /** `housePrices`: members. */
  readonly camel: string;
}

const GRAMMAR = /^[a-z](-?[a-z0-9])*$/;
const MAX_LENGTH = 60;

/**
 * @throws CommandUsageError for what could not be a folder, a package and a class at once: the rules
 * of npm's names are the narrowest
 */
export function spellingsOf(name: string): Spellings {
  if (!GRAMMAR.test(name) || name.length > MAX_LENGTH) {
    throw new CommandUsageError(
      `Expected a name of a-z, 0-9 and "-" that begins with a letter, such as house-prices, got ${JSON.stringify(name)}.`,
    );
  }
  const camel = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return {
    kebab: name,
    snake: name.replaceAll('-', '_'),
    pascal: camel.charAt(0).toUpperCase() + camel.slice(1),
    camel,
  };
}
