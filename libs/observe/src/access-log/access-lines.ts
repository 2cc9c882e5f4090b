import type { ClientErrorEvent, RequestEvent, RouteInfo } from 'bentonest/serving';
import { DYNAMIC_FIELDS } from './access-fields.js';
import type { AccessField } from './access-fields.js';

const INFO = 30;

/** The parts of a line that are the same for all requests of a route with one method and status. */
interface Frame {
  readonly head: string;
  readonly tail: string;
}

type Writer = (typeof DYNAMIC_FIELDS)[keyof typeof DYNAMIC_FIELDS];

/**
 * Writes lines of the access log as pino would, but what is the same for all requests of a route is
 * made once: by pino itself a line costs three times as much.
 */
export class AccessLines {
  private readonly writers: readonly Writer[];
  private readonly routes = new Map<RouteInfo, RouteLines>();

  constructor(
    private readonly fields: readonly AccessField[],
    /** Endpoints that have no lines. */
    private readonly isSkipped: (endpoint: string) => boolean,
  ) {
    this.writers = fields.flatMap((field) =>
      field in DYNAMIC_FIELDS ? [DYNAMIC_FIELDS[field as keyof typeof DYNAMIC_FIELDS]] : [],
    );
  }

  /** The line of a request, with its newline; empty for one that is skipped. */
  write(event: RequestEvent): string {
    const route = this.routes.get(event.route) ?? this.addRoute(event.route);
    if (route.isSkipped) return '';
    const { head, tail } = route.frameOf(event.request.method ?? '', event.statusCode);
    let line = `{"level":${INFO},"time":${Date.now()}${head}`;
    for (const write of this.writers) line += write(event, route);
    return line + tail;
  }

  /** The line of what Node's parser refused: there is no method, route or time to tell. */
  writeRefused({ statusCode, requestId, remoteAddress }: ClientErrorEvent): string {
    const known: Readonly<Record<string, unknown>> = {
      method: '',
      route: '',
      status: statusCode,
      requestId,
      remoteAddress,
    };
    const told = {
      level: INFO,
      time: Date.now(),
      ...toldOf(known, this.fields),
      msg: `(no request) ${statusCode}`,
    };
    return `${JSON.stringify(told)}\n`;
  }

  private addRoute(info: RouteInfo): RouteLines {
    const route = new RouteLines(info, this.fields, this.isSkipped(info.endpoint));
    this.routes.set(info, route);
    return route;
  }
}

/** What every line has, and of what is known that which is asked for. */
function toldOf(
  known: Readonly<Record<string, unknown>>,
  fields: readonly AccessField[],
): Readonly<Record<string, unknown>> {
  const own = Object.entries(known).filter(([field]) => fields.includes(field as AccessField));
  return { pid: process.pid, context: 'Access', ...Object.fromEntries(own) };
}

/** What is known of a route before there is a request. */
class RouteLines {
  /** By method, then by status. Node takes known methods only, so there are few. */
  private readonly frames = new Map<string, Map<number, Frame>>();
  /** Paths of its requests say more than its template. */
  readonly hasOwnPaths: boolean;

  constructor(
    private readonly info: RouteInfo,
    private readonly fields: readonly AccessField[],
    readonly isSkipped: boolean,
  ) {
    const { endpoint, method } = info;
    this.hasOwnPaths = method === '' || /[:*]/.test(endpoint);
  }

  frameOf(method: string, status: number): Frame {
    return this.frames.get(method)?.get(status) ?? this.addFrame(method, status);
  }

  private addFrame(method: string, status: number): Frame {
    const { endpoint, service } = this.info;
    const known: Readonly<Record<string, unknown>> = {
      method,
      route: endpoint,
      service: service === '' ? undefined : service,
      status,
    };
    const fields = toldOf(known, this.fields);
    const message = `${method} ${endpoint === '' ? '(no route)' : endpoint} ${status}`;
    const frame = {
      head: `,${JSON.stringify(fields).slice(1, -1)}`,
      tail: `,"msg":${JSON.stringify(message)}}\n`,
    };
    let ofMethod = this.frames.get(method);
    if (ofMethod === undefined) this.frames.set(method, (ofMethod = new Map()));
    ofMethod.set(status, frame);
    return frame;
  }
}
