import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineCounter, isNode, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import { ConfigError } from '../config.errors.js';
import type { Layer } from './layer.js';

export const CONFIG_FILE = 'bentonest.yaml';

/**
 * Reads the configuration file: `BENTONEST_CONFIG`, or bentonest.yaml in the folder, which may be absent.
 *
 * @throws ConfigError for a file that BENTONEST_CONFIG names and that is not there, and for what is no YAML.
 */
export function readFileLayer(folder: string, env: NodeJS.ProcessEnv): Layer | undefined {
  const named = env.BENTONEST_CONFIG || undefined;
  const file = named ?? CONFIG_FILE;
  const text = readText(resolve(folder, file), file, named !== undefined);
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = document.errors.map(
    ({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`,
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    values: valuesOf(document, file, lines),
    placeOf: (path) => `${file}${lineOf(document, path, lines)}`,
  };
}

/** @throws ConfigError for an alias of nothing, and for those that would unfold into more than a hundred. */
function valuesOf(document: Document, file: string, lines: LineCounter): unknown {
  const faults: string[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const place = alias.range ? `:${lines.linePos(alias.range[0]).line}` : '';
      faults.push(
        `${file}${place}: *${alias.source} is an alias of nothing. Quote a text that begins with *: "*${alias.source}".`,
      );
    },
  });
  if (faults.length > 0) throw new ConfigError(faults);
  try {
    return (document.toJS() as unknown) ?? {};
  } catch (error) {
    throw new ConfigError([`${file}: ${(error as Error).message}.`]);
  }
}

function readText(path: string, file: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isNamed) return undefined;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConfigError([
      `${file}: ${why}. ${isNamed ? 'Correct BENTONEST_CONFIG, or unset it.' : 'Make it readable.'}`,
    ]);
  }
}

/** The line of a key, or else of what it is in. */
function lineOf(document: Document, path: readonly string[], lines: LineCounter): string {
  const node = document.getIn(path, true);
  if (isNode(node) && node.range) return `:${lines.linePos(node.range[0]).line}`;
  return path.length === 0 ? '' : lineOf(document, path.slice(0, -1), lines);
}
