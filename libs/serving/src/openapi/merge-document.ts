import type { OpenAPIObject } from '@nestjs/swagger';
import { ComponentNames } from './component-names.js';
import type { Components, IsTaken } from './component-names.js';
import { isObject, operationsOf } from './operations.js';
import type { Operation, PathItem, Paths } from './operations.js';

type Json = Readonly<Record<string, unknown>>;

/** An application's own document, and where its operations are served. */
export interface MountedDocument {
  /** The path that it is mounted at, `/*` for the root: also the tag of its operations. */
  readonly endpoint: string;
  readonly document: Json;
}

/** What a mounted application's part must not take. */
export interface Reserved {
  /** Names of schemas that are there later. */
  readonly schemas: readonly string[];
  /** Paths that the server answers and its document does not have yet. */
  readonly paths: readonly string[];
}

/**
 * A document with the operations of mounted applications, under the paths that they are mounted at. Below
 * such a path, the mount's operations stand in the place of those of the server; at the root, what the
 * server answers stays its own. Components whose name is taken get the mount's before their own.
 */
export function mergeDocuments(
  own: OpenAPIObject,
  mounts: readonly MountedDocument[],
  reserved: Reserved,
): OpenAPIObject {
  const components = { ...own.components } as Record<string, Components[string]>;
  const merged = new Map<string, readonly [string, PathItem]>();
  const ofServer = new Set([...Object.keys(own.paths), ...reserved.paths].map(shapeOf));
  const isNamed: IsTaken = (section, name) =>
    Object.hasOwn(components[section] ?? {}, name) ||
    (section === 'schemas' && reserved.schemas.includes(name));
  // As requests find them: mounts under a path, the server's routes, mounts at the root.
  for (const mount of [...mounts.filter((each) => !isRoot(each)), ...mounts.filter(isRoot)]) {
    const part = readPart(mount, isNamed);
    for (const [section, entries] of Object.entries(part.components)) {
      components[section] = { ...components[section], ...entries };
    }
    for (const [path, item] of part.paths) {
      const shape = shapeOf(path);
      const isServed = merged.has(shape) || (isRoot(mount) && ofServer.has(shape));
      if (!isServed) merged.set(shape, [path, item]);
    }
  }
  const kept = Object.entries(own.paths).filter(([path]) => !merged.has(shapeOf(path)));
  const paths = Object.fromEntries([...kept, ...merged.values()]);
  return { ...own, paths, components };
}

interface Part {
  readonly components: Components;
  readonly paths: readonly (readonly [string, PathItem])[];
}

/** An application's paths and components, as they are named in the whole. */
function readPart({ endpoint, document }: MountedDocument, isTaken: IsTaken): Part {
  const components = componentsOf(document);
  const names = new ComponentNames(components, prefixOf(endpoint), isTaken);
  const renamed = Object.entries(components).map(([section, entries]) => {
    const list = Object.entries(entries).map(([name, value]) => {
      return [names.of(section, name), names.follow(value)] as const;
    });
    return [section, Object.fromEntries(list)] as const;
  });
  const paths = Object.entries(names.follow(document.paths ?? {}) as Paths)
    .filter(([path]) => path.startsWith('/'))
    .map(([path, item]) => {
      for (const operation of operationsOf(item)) {
        const { tags, security = document.security } = operation;
        operation.tags = [...new Set([endpoint, ...(Array.isArray(tags) ? tags : [])])];
        if (Array.isArray(security)) operation.security = renameSchemes(security, names);
      }
      return [joinPath(endpoint, path), item] as const;
    });
  return { components: Object.fromEntries(renamed), paths };
}

function componentsOf({ components }: Json): Components {
  const sections = isObject(components) ? Object.entries(components) : [];
  return Object.fromEntries(sections.filter(([, entries]) => isObject(entries))) as Components;
}

function renameSchemes(security: readonly unknown[], names: ComponentNames): Operation['security'] {
  return security.filter(isObject).map((requirement) => {
    const entries = Object.entries(requirement as Record<string, string[]>);
    return Object.fromEntries(
      entries.map(([name, scopes]) => [names.of('securitySchemes', name), scopes]),
    );
  });
}

/** Names of components are letters, digits, `.`, `-` and `_`. */
function prefixOf(endpoint: string): string {
  return endpoint.replaceAll(/[^\w.-]+/g, '_').replaceAll(/^_|_$/g, '') || 'root';
}

/** `/py` and `/users/{id}` are `/py/users/{id}`; a parameter of the mount's own path is written as theirs. */
function joinPath(endpoint: string, path: string): string {
  return endpoint.replace(/\/\*$/, '').replaceAll(/:(\w+)/g, '{$1}') + path;
}

/** Two paths that differ in the names of parameters alone are one to OpenAPI. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '{}');
}

function isRoot({ endpoint }: MountedDocument): boolean {
  return endpoint.endsWith('/*');
}
