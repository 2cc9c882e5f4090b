import { InvalidMountError } from '../mount.errors.js';

/** What kind of application a mount is of. */
export type MountKind = 'express' | 'koa' | 'hono' | 'fastify' | 'fetch' | 'node';

/** The members by which each kind is known, in the order in which they are looked for. */
const MARKS: readonly (readonly [MountKind, 'function' | 'object', readonly string[]])[] = [
  ['express', 'function', ['handle', 'set']],
  ['fastify', 'object', ['routing', 'ready', 'close']],
  ['koa', 'object', ['callback']],
  ['hono', 'object', ['fetch']],
];

const EXPECTED =
  'Expected an Express, Koa, Hono or Fastify application, a fetch handler (Request) => Response or a handler (request, response)';

/**
 * Tells the kind of an application.
 *
 * @throws InvalidMountError for what is no application, or not of the kind named.
 */
export function detectKind(app: unknown, named?: MountKind): MountKind {
  if (named !== undefined) return checkKind(app, named);
  const mark = MARKS.find((each) => hasMark(app, each));
  if (mark !== undefined) return mark[0];
  if (typeof app !== 'function') {
    throw new InvalidMountError(`${EXPECTED}, got ${describeApp(app)}. ${cureOf(app)}`);
  }
  // Of a function, its parameters are all that tells.
  if (app.length === 0) {
    throw new InvalidMountError(
      `${EXPECTED}, got a function without parameters. Name its kind: mount(app, { kind: 'fetch' }), or 'node'.`,
    );
  }
  return app.length === 1 ? 'fetch' : 'node';
}

function checkKind(app: unknown, named: MountKind): MountKind {
  const mark = MARKS.find(([kind]) => kind === named);
  const isBare = named === 'fetch' || named === 'node';
  if (isBare ? typeof app === 'function' : mark !== undefined && hasMark(app, mark)) return named;
  const kinds = [...MARKS.map(([kind]) => kind), 'fetch', 'node'];
  if (!kinds.includes(named)) {
    throw new InvalidMountError(
      `Expected as the kind of a mount one of ${kinds.join(', ')}, got another. Leave it out to have it detected.`,
    );
  }
  const expected = isBare ? 'a function' : `an application with ${mark?.[2].join(' and ')}`;
  throw new InvalidMountError(
    `Expected ${expected} for kind '${named}', got ${describeApp(app)}. ${cureOf(app)}`,
  );
}

function hasMark(
  app: unknown,
  [, type, members]: readonly [MountKind, 'function' | 'object', readonly string[]],
): boolean {
  if (typeof app !== type || app === null) return false;
  const record = app as Readonly<Record<string, unknown>>;
  return members.every((member) => typeof record[member] === 'function');
}

function describeApp(app: unknown): string {
  if (app === undefined || app === null) return 'nothing';
  if (app instanceof Promise) return 'a promise';
  if (Array.isArray(app)) return 'a list';
  return typeof app === 'object' ? 'another object' : `a ${typeof app}`;
}

function cureOf(app: unknown): string {
  return app instanceof Promise
    ? 'Await it, or create it in mount.factory(async () => app).'
    : 'Pass the application itself, or wrap it in a handler (request, response).';
}
