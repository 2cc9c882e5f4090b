import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TEMPLATES } from '../package-root.js';

export interface RenderedFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: string;
}

const SUFFIX = '.template';

/** Replaces `{{name}}`. A name without a value is a mistake in the template. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`A template asks for an unknown {{${name}}}.`);
    return value;
  });
}

/** The files of `libs/cli/templates/<folder>`, with names and contents filled in. */
export function renderTemplates(
  folder: 'project' | 'service',
  values: Readonly<Record<string, string>>,
): RenderedFile[] {
  const root = join(TEMPLATES, folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .map((file) => ({
      path: fill(file.slice(0, -SUFFIX.length).split(sep).join('/'), values),
      content: fill(readFileSync(join(root, file), 'utf8'), values),
    }));
}
