import { isMap, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { parseModelInfo } from '../model-info.js';
import { DigestMismatchError, InvalidArchiveError } from '../model-store.errors.js';
import { quote } from '../quote.js';
import { Tag } from '../tag.js';
import { newTag } from './save-model.js';

/** What an import changes of a model. */
export interface ImportChanges {
  readonly tag?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * A model.yaml with the changes of an import, and with the digests of its files, after the digests
 * that it has were compared.
 */
export function retag(
  yaml: string,
  digests: Readonly<Record<string, string>>,
  changes: ImportChanges,
): { readonly tag: Tag; readonly text: string } {
  // As Python reads it: by the rules of YAML 1.2, a version 12e4 would come out as 120000.
  const document = parseDocument(yaml, { version: '1.1' });
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new InvalidArchiveError(
      'Expected a model.yaml that holds a mapping, got text that is none. Export the model again.',
    );
  }
  const own = new Tag(textOf(document, 'name'), textOf(document, 'version'));
  const info = parseModelInfo(yaml, own);
  compare(own, info.digests, digests);
  const tag = wantedTag(own, changes.tag);
  document.set('name', tag.name);
  document.set('version', tag.version);
  document.set('labels', document.createNode({ ...info.labels, ...changes.labels }));
  if (changes.metadata !== undefined) {
    document.set('metadata', document.createNode({ ...info.metadata, ...changes.metadata }));
  }
  document.set('digests', document.createNode(digests));
  const text = document.toString();
  parseModelInfo(text, tag);
  return { tag, text };
}

function wantedTag(own: Tag, wanted: string | undefined): Tag {
  if (wanted === undefined) return newTag(own.name, own.version);
  const { name, version = own.version } = Tag.parse(wanted);
  return newTag(name, version);
}

function textOf(document: Document, key: string): string {
  const node = document.get(key, true);
  return isScalar(node) ? (node.source ?? String(node.value)) : '';
}

function compare(
  tag: Tag,
  saved: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): void {
  for (const [name, digest] of Object.entries(saved)) {
    if (found[name] === digest) continue;
    const got = found[name] === undefined ? 'none' : 'another one';
    throw new DigestMismatchError(
      `Expected the file ${quote(name)} of ${tag.toString()} that was saved, got ${got}. Copy or export the model again.`,
      { details: { tag: tag.toString(), file: name } },
    );
  }
}
