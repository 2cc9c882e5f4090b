import { InvalidTagError } from './model-store.errors.js';
import { quote } from './quote.js';

const GRAMMAR = /^[a-z0-9]([-._a-z0-9]*[a-z0-9])?$/;
const MAX_LENGTH = 63;

/** Whether text can be the name or the version of a model, and so a single folder's name. */
export function isTagPart(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_LENGTH && GRAMMAR.test(text);
}

function assertTagPart(text: unknown, part: 'name' | 'version'): void {
  if (isTagPart(text)) return;
  const got = typeof text === 'string' ? quote(text) : `a value of type ${typeof text}`;
  throw new InvalidTagError(
    `Expected a tag such as "iris_clf" or "iris_clf:latest", got ${got} as its ${part}. ` +
      `A ${part} is 1 to ${MAX_LENGTH} of a-z, 0-9, "-", "." and "_", and begins and ends with a letter or digit.`,
    { details: { part } },
  );
}

/**
 * The name of a model, with its version where one is asked for: `iris_clf:qojfx7t2csxcqyz4`.
 * No version, and the version `latest`, stand for the one that the store calls its latest.
 *
 * A Tag that exists is valid: each part matches `[a-z0-9]([-._a-z0-9]*[a-z0-9])?`, at most 63
 * characters, so that it is safe as the name of a folder.
 */
export class Tag {
  readonly name: string;
  readonly version?: string;

  /** @throws InvalidTagError when a part is not by the grammar. */
  constructor(name: string, version?: string) {
    assertTagPart(name, 'name');
    if (version !== undefined) assertTagPart(version, 'version');
    this.name = name;
    this.version = version;
  }

  /**
   * Reads `name` or `name:version`.
   *
   * @throws InvalidTagError when a part is not by the grammar.
   */
  static parse(text: string): Tag {
    // Callers in JavaScript and values of the environment arrive here unchecked.
    if (typeof text !== 'string') return new Tag(text);
    const colon = text.indexOf(':');
    return colon === -1 ? new Tag(text) : new Tag(text.slice(0, colon), text.slice(colon + 1));
  }

  toString(): string {
    return this.version === undefined ? this.name : `${this.name}:${this.version}`;
  }
}
