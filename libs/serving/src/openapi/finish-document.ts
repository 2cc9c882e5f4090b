import type { OpenAPIObject } from '@nestjs/swagger';
import { INFRASTRUCTURE_TAG, OPERATORS_FIRST } from './infrastructure.decorator.js';
import { operationsOf } from './operations.js';
import type { Operation, PathItem, Paths } from './operations.js';

export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

interface Completion {
  /** Named schemas of the services' descriptors. */
  readonly schemas: Schemas;
  /** Where the document is served, if it is. */
  readonly documentPath: string | undefined;
  /** What is at the operators' address first is there only. */
  readonly hasOperators: boolean;
}

/**
 * Completes what @nestjs/swagger made of the controllers: tags, parameters, ids, and the document
 * itself where it is served.
 */
export function finishDocument(
  document: OpenAPIObject,
  { schemas, documentPath, hasOperators }: Completion,
): OpenAPIObject {
  const described = forTheWorld(document.paths, hasOperators);
  if (documentPath !== undefined) described[documentPath] ??= describeDocument(document.info.title);
  const entries = Object.entries(described);
  const paths = Object.fromEntries([
    ...entries.filter(([, item]) => !isInfrastructure(item)),
    ...entries.filter(([, item]) => isInfrastructure(item)),
  ]);
  for (const [path, item] of Object.entries(paths)) {
    for (const operation of operationsOf(item)) declarePathParameters(path, operation);
  }
  nameApart(Object.values(paths).flatMap((item) => operationsOf(item)));
  const { openapi, info, servers, webhooks } = document;
  const components = { ...document.components, schemas: fillSchemas(document, schemas) };
  const others = webhooks === undefined ? {} : { webhooks };
  return { openapi, info, servers, tags: listTags(paths), paths, components, ...others };
}

function forTheWorld(paths: Paths, hasOperators: boolean): Paths {
  const open = Object.entries(paths).flatMap(([path, item]) => {
    const methods = Object.entries(item).flatMap(([method, operation]) => {
      if (!isMarked(operation)) return [[method, operation] as const];
      const { [OPERATORS_FIRST]: _, ...others } = operation;
      return hasOperators ? [] : [[method, others] as const];
    });
    return methods.length === 0 ? [] : [[path, Object.fromEntries(methods)] as const];
  });
  return Object.fromEntries<PathItem>(open);
}

function isMarked(operation: unknown): operation is Record<typeof OPERATORS_FIRST, unknown> {
  return typeof operation === 'object' && operation !== null && OPERATORS_FIRST in operation;
}

/** A DTO that another controller takes too is empty to @nestjs/swagger, unless it is decorated for it. */
function fillSchemas({ components }: OpenAPIObject, schemas: Schemas): Schemas {
  const made = components?.schemas ?? {};
  const empty = Object.keys(schemas).filter((name) => isEmpty(made[name]));
  return { ...made, ...Object.fromEntries(empty.map((name) => [name, schemas[name]])) };
}

function isEmpty(schema: Schemas[string] | undefined): boolean {
  if (schema === undefined) return true;
  return 'properties' in schema && Object.keys(schema.properties ?? {}).length === 0;
}

function isInfrastructure(item: PathItem): boolean {
  const operations = operationsOf(item);
  return (
    operations.length > 0 && operations.every(({ tags }) => tags?.includes(INFRASTRUCTURE_TAG))
  );
}

function describeDocument(title: string): PathItem {
  const content = { 'application/json': { schema: { type: 'object' } } };
  const get: Operation = {
    operationId: 'docs',
    summary: 'This document',
    tags: [INFRASTRUCTURE_TAG],
    responses: { 200: { description: `The OpenAPI document of ${title}.`, content } },
  };
  return { get };
}

/** OpenAPI wants each parameter of a path declared, also those that the method does not read. */
function declarePathParameters(path: string, operation: Operation): void {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
  const parameters = operation.parameters ?? [];
  const missing = names.filter(
    (name) => !parameters.some((each) => 'in' in each && each.in === 'path' && each.name === name),
  );
  operation.parameters = [
    ...parameters,
    ...missing.map((name) => {
      return { name, in: 'path' as const, required: true, schema: { type: 'string' as const } };
    }),
  ];
}

/** Classes of one name, in two modules, have methods of one id; generated clients need two. */
function nameApart(operations: readonly Operation[]): void {
  const taken = new Set<string>();
  for (const operation of operations) {
    const { operationId } = operation;
    if (operationId === undefined) continue;
    let name = operationId;
    for (let count = 2; taken.has(name); count++) name = `${operationId}_${count}`;
    taken.add(name);
    operation.operationId = name;
  }
}

function listTags(paths: Paths): OpenAPIObject['tags'] {
  const operations = Object.values(paths).flatMap((item) => operationsOf(item));
  const names = new Set(operations.flatMap(({ tags = [] }) => tags));
  return [...names].map((name) =>
    name === INFRASTRUCTURE_TAG
      ? { name, description: 'For orchestrators, monitoring and tools.' }
      : { name },
  );
}
