import { toSegment } from '../layers/read-environment.js';
import { CONFIG_SCHEMA } from './schema.js';
import { ANY_NAME, documentedKeys } from './walk.js';
import type { DocumentedKey } from './walk.js';

/** The keys as tables in Markdown, one for each section: docs/configuration.md is held to it by a test. */
export function renderConfigPage(): string {
  const keys = [...documentedKeys(CONFIG_SCHEMA)];
  const names = new Set(keys.map(({ path }) => path[0] ?? ''));
  return [...names]
    .map((name) =>
      renderSection(
        name,
        keys.filter(({ path }) => path[0] === name),
      ),
    )
    .join('\n');
}

const BY_SERVE = 'By `serve()` only.';

function renderSection(name: string, keys: readonly DocumentedKey[]): string {
  const variable = `BENTONEST__${keys[0]?.path.slice(0, -1).map(toSegment).join('__')}__…`;
  const isServes = keys.every(({ needsServe }) => needsServe === true);
  const rows = keys.map(({ path, description, needsServe, default: value }) => [
    `\`${path.slice(path[1] === ANY_NAME ? 2 : 1).join('.')}\``,
    needsServe === true && !isServes ? `${description} ${BY_SERVE}` : description,
    value === undefined ? '' : showDefault(value),
  ]);
  const note = isServes ? ` – ${BY_SERVE}` : '';
  return `### ${name}\n\n\`${variable}\`${note}\n\n${table([['key', 'what it does', 'default'], ...rows])}\n`;
}

function showDefault(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.startsWith('(') ? text : `\`${text}\``;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row))].join('\n');
}
