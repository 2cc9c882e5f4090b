// What validation costs a route, as closed loops on routes of one server in short slices, in turn.
import { measure } from './load.js';
import type { BenchRequest } from './cases.js';
import { withRoutes } from './servers.js';
import { median, rounded } from './statistics.js';

const ROUTES = ['unchecked', 'dto', 'declaredOutput', 'validationPipe'] as const;
type Route = (typeof ROUTES)[number];

const CHECKED: readonly Route[] = ['dto', 'declaredOutput', 'validationPipe'];
const REQUEST = asJson({ sepalLength: 6.2, sepalWidth: 3.2, petalLength: 5.2, petalWidth: 2.2 });
const INVALID = asJson({ sepalLength: 'long' });
const CONNECTIONS = 32;

export interface RouteRow {
  readonly route: Route;
  readonly reqPerSec: number;
  /** Relative to the route without validation, and to the one with Nest's ValidationPipe. */
  readonly toUnchecked: number;
  readonly toPipe: number;
  /** Least ratios that are promised. */
  readonly bounds: string;
}

const BOUNDS: Readonly<Partial<Record<Route, string>>> = { dto: '0.85 and 1.6' };

export async function measureRoutes(rounds: number, seconds: number): Promise<RouteRow[]> {
  return withRoutes(async (url) => {
    for (const route of CHECKED) await expectRefusal(`${url}/${route}`);
    const load = { connections: CONNECTIONS, seconds };
    for (const route of ROUTES) measure(`${url}/${route}`, REQUEST, load);
    const slices: Readonly<Record<Route, number>>[] = [];
    for (let round = 0; round < rounds; round++) {
      const slice = ROUTES.map(
        (route) => [route, measure(`${url}/${route}`, REQUEST, load)] as const,
      );
      slices.push(
        Object.fromEntries(slice.map(([route, { reqPerSec }]) => [route, reqPerSec])) as never,
      );
    }
    return ROUTES.map((route) => ({
      route,
      reqPerSec: Math.round(median(slices.map((slice) => slice[route]))),
      toUnchecked: rounded(median(slices.map((slice) => slice[route] / slice.unchecked))),
      toPipe: rounded(median(slices.map((slice) => slice[route] / slice.validationPipe))),
      bounds: BOUNDS[route] ?? '',
    }));
  });
}

/** A route that checks nothing would be fast for another reason. */
async function expectRefusal(url: string): Promise<void> {
  const { body, contentType } = INVALID;
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': contentType },
  });
  if (answer.status !== 400) throw new Error(`${url} answered ${answer.status} to a bad body.`);
  await answer.arrayBuffer();
}

function asJson(value: object): BenchRequest & { readonly body: Buffer<ArrayBuffer> } {
  return { body: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}
