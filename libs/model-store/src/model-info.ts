import { isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { InvalidModelError } from './model-store.errors.js';
import { quote } from './quote.js';
import type { Tag } from './tag.js';

/** How a method of a model takes batches. */
export interface ModelSignature {
  readonly batchable: boolean;
  /** The axis along which inputs are joined, and the one along which outputs are split. */
  readonly batchDim: readonly [number, number];
}

/** What a model was made with, as its model.yaml says: each the empty text where it does not. */
export interface SavedContext {
  readonly frameworkName: string;
  /** By package: `{ onnx: '1.17.0' }`. */
  readonly frameworkVersions: Readonly<Record<string, string>>;
  /** Of Python's BentoML, whose layout it has. */
  readonly bentomlVersion: string;
  readonly pythonVersion: string;
}

/** What a model.yaml says, apart from the tag. */
export interface ModelInfo {
  /** The module of Python's BentoML that saved it: `bentoml.onnx`. */
  readonly module: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly signatures: Readonly<Record<string, ModelSignature>>;
  /** What Python's BentoML does not know of and keeps. */
  readonly customMetadata: Readonly<Record<string, unknown>>;
  /** `sha256:…` of each file by its name; none where Python's BentoML saved the model. */
  readonly digests: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly context: SavedContext;
  /** Of its framework's loader in Python: `v1`. */
  readonly apiVersion: string;
}

// BentoML writes few aliases or none; more would be a bomb that grows as it is expanded.
const MAX_ALIASES = 100;

function invalid(tag: Tag, expected: string, got: string, cause?: unknown): InvalidModelError {
  return new InvalidModelError(
    `Expected model.yaml of ${tag.toString()} to ${expected}, got ${got}. Save the model again with BentoML.`,
    { details: { tag: tag.toString() }, cause },
  );
}

/** What a value is, for a message: numbers and text as they are, else the kind. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return isScalarValue(value) ? quote(String(value)) : 'a mapping';
}

function isScalarValue(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function parseMapping(text: string, tag: Tag): [Document, Record<string, unknown>] {
  let document: Document;
  let content: unknown;
  try {
    document = parseDocument(text, { schema: 'core' });
    if (document.errors.length > 0) throw document.errors[0];
    content = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw invalid(tag, 'be YAML', 'text that cannot be parsed', cause);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw invalid(tag, 'hold a mapping', shown(content));
  }
  return [document, content as Record<string, unknown>];
}

/**
 * The text of a scalar as it was written: Python's YAML 1.1 leaves a version such as 12e4 unquoted,
 * which the core schema of YAML 1.2 would take for a number.
 */
function sourceOf(document: Document, key: string): string | undefined {
  const node = document.get(key, true);
  if (!isScalar(node)) return undefined;
  return node.source ?? String(node.value);
}

function mapping(value: unknown, key: string, tag: Tag): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(tag, `hold a mapping as ${key}`, shown(value));
}

function readLabels(value: unknown, tag: Tag): Record<string, string> {
  const entries = Object.entries(mapping(value, 'labels', tag)).map(([key, label]) => {
    if (!isScalarValue(label)) {
      throw invalid(tag, `hold text as label ${quote(key)}`, shown(label));
    }
    return [key, String(label)] as const;
  });
  return Object.fromEntries(entries);
}

function readContext(value: unknown, tag: Tag): SavedContext {
  const context = mapping(value, 'context', tag);
  const versions = mapping(context.framework_versions, 'framework_versions', tag);
  return {
    frameworkName: textOf(context.framework_name),
    frameworkVersions: Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [name, textOf(version)]),
    ),
    bentomlVersion: textOf(context.bentoml_version),
    pythonVersion: textOf(context.python_version),
  };
}

/** It is for people to read: what is no text is left out, not refused. */
function textOf(value: unknown): string {
  return isScalarValue(value) ? String(value) : '';
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function readDigests(value: unknown, tag: Tag): Record<string, string> {
  const digests = mapping(value, 'digests', tag);
  for (const [file, digest] of Object.entries(digests)) {
    if (typeof digest === 'string' && DIGEST.test(digest)) continue;
    const expected = `hold sha256: and 64 hexadecimal digits as digest of ${quote(file)}`;
    throw invalid(tag, expected, shown(digest));
  }
  return digests as Record<string, string>;
}

function readBatchDim(value: unknown, method: string, tag: Tag): readonly [number, number] {
  const pair: unknown[] = Array.isArray(value) ? value : [value ?? 0, value ?? 0];
  const [input, output] = pair;
  if (pair.length !== 2 || !Number.isSafeInteger(input) || !Number.isSafeInteger(output)) {
    const expected = `hold an axis or a pair of them as batch_dim of signature ${quote(method)}`;
    throw invalid(tag, expected, Array.isArray(value) ? 'another list' : shown(value));
  }
  return [input as number, output as number];
}

function readSignatures(value: unknown, tag: Tag): Record<string, ModelSignature> {
  const entries = Object.entries(mapping(value, 'signatures', tag)).map(([method, body]) => {
    const { batchable = false, batch_dim: batchDim } = mapping(
      body,
      `signature ${quote(method)}`,
      tag,
    );
    if (typeof batchable !== 'boolean') {
      const expected = `hold true or false as batchable of signature ${quote(method)}`;
      throw invalid(tag, expected, shown(batchable));
    }
    return [method, { batchable, batchDim: readBatchDim(batchDim, method, tag) }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Reads a model.yaml of BentoML 1.1.
 *
 * @throws InvalidModelError when it is no YAML, is another model's, or a field is of another kind.
 */
export function parseModelInfo(text: string, tag: Tag): ModelInfo {
  const [document, content] = parseMapping(text, tag);
  for (const key of ['name', 'version'] as const) {
    const written = sourceOf(document, key);
    if (written !== tag[key]) {
      throw invalid(tag, `hold ${key} ${quote(tag[key] ?? '')}, its folder's`, shown(written));
    }
  }
  const { module, creation_time: creationTime } = content;
  if (typeof module !== 'string') throw invalid(tag, 'hold text as module', shown(module));
  const createdAt = new Date(typeof creationTime === 'string' ? creationTime : Number.NaN);
  if (Number.isNaN(createdAt.getTime())) {
    throw invalid(tag, 'hold an ISO 8601 time as creation_time', shown(creationTime));
  }
  return {
    module,
    labels: readLabels(content.labels, tag),
    metadata: mapping(content.metadata, 'metadata', tag),
    options: mapping(content.options, 'options', tag),
    signatures: readSignatures(content.signatures, tag),
    customMetadata: mapping(content.custom_metadata, 'custom_metadata', tag),
    digests: readDigests(content.digests, tag),
    createdAt,
    context: readContext(content.context, tag),
    apiVersion: textOf(content.api_version),
  };
}
