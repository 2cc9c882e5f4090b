import type { Tag } from '../tag.js';

/** The fields of a model.yaml that a list shows. */
export interface Summary {
  readonly module: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

const PLAIN = /^[A-Za-z][\w./+ -]*$/;
const FIELD = /^(\w+): *(.*)$/;
const LABEL = /^ {2,}([\w./-]+): +(.*)$/;

/**
 * Reads the fields that a list shows from the lines that BentoML and we write: parsing a thousand
 * files as YAML takes a second. Whatever is written in another way, the parser reads, which is loaded then.
 */
export async function readSummary(text: string, tag: Tag): Promise<Summary> {
  return readLines(text, tag) ?? (await import('../model-info.js')).parseModelInfo(text, tag);
}

function readLines(text: string, tag: Tag): Summary | undefined {
  const fields = new Map<string, string>();
  const labels: Record<string, string> = {};
  let key = '';
  for (const line of text.split('\n')) {
    const field = FIELD.exec(line);
    if (field !== null) {
      [, key] = field;
      if (fields.has(key)) return undefined;
      fields.set(key, field[2]);
    } else if (key === 'labels' && line !== '') {
      const label = LABEL.exec(line);
      const value = label === null ? undefined : scalar(label[2]);
      if (label === null || value === undefined) return undefined;
      labels[label[1]] = value;
    }
  }
  const [name, version, module, time] = ['name', 'version', 'module', 'creation_time'].map((each) =>
    scalar(fields.get(each) ?? ''),
  );
  const createdAt = new Date(time ?? '');
  const isSame = name === tag.name && version === tag.version;
  const isPlain = ['', '{}'].includes(fields.get('labels') ?? 'none');
  if (!isSame || !isPlain || module === undefined || Number.isNaN(createdAt.getTime())) {
    return undefined;
  }
  return { module, labels, createdAt };
}

/** Text that is quoted without escapes, or so plain that no YAML takes it for anything else. */
function scalar(written: string): string | undefined {
  const quoted = /^'([^'\\]*)'$/.exec(written) ?? /^"([^"\\]*)"$/.exec(written);
  if (quoted !== null) return quoted[1];
  return PLAIN.test(written) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(written)
    ? written
    : undefined;
}
