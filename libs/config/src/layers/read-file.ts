import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineCounter, isNode, parseDocument } from 'yaml';
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
    // An alias that would unfold into more than a hundred is refused by the library.
    values: (document.toJS() as unknown) ?? {},
    placeOf: (path) => `${file}${lineOf(document, path, lines)}`,
  };
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
