import { InvalidDataFrameError } from './tensor.errors.js';

const MAX_SHOWN_NAMES = 10;

/** Column names as a message shows them: quoted, and not all of very many. */
export function describeNames(names: readonly string[]): string {
  if (names.length === 0) return 'no columns';
  const shown = names.slice(0, MAX_SHOWN_NAMES).map((name) => describeName(name));
  const rest = names.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const MAX_SHOWN = 60;

/** A column's name as a message shows it. */
export function describeName(name: string): string {
  return JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
}

/** @throws InvalidDataFrameError naming the column that comes twice. */
export function checkUnique(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new InvalidDataFrameError(
        `Expected each column once, got ${describeName(name)} twice. Rename one of them.`,
        { details: { column: name } },
      );
    }
    seen.add(name);
  }
}
