import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';

/** Status and headers of an answer that is about to be sent. */
export type ResponseHead = Pick<
  ServerResponse,
  | 'statusCode'
  | 'statusMessage'
  | 'getHeader'
  | 'getHeaders'
  | 'hasHeader'
  | 'setHeader'
  | 'appendHeader'
  | 'removeHeader'
>;

/** Changes a head. What it throws is logged and ends the connection: it is too late for another answer. */
export type ChangeHead = (head: ResponseHead) => void;

type HeadersOfWriteHead = OutgoingHttpHeaders | readonly OutgoingHttpHeader[];

const logger = new Logger('onResponseHead');
/**
 * On the response itself, whose shape an own `writeHead` changes anyway: a WeakMap has the garbage collector look at
 * each entry, which takes a microsecond per answer.
 */
const CHANGES = Symbol('bentonest.head-changes');

type ChangedResponse = ServerResponse & { [CHANGES]?: ChangeHead[] };

/**
 * Calls back when the head of an answer is about to be sent, whoever sends it: a service, a controller, a
 * mounted application, an exception filter. The first to ask is the last to be called, so that the
 * middleware registered first has the last word.
 */
export function onResponseHead(response: ServerResponse, change: ChangeHead): void {
  const changed = response as ChangedResponse;
  if (changed[CHANGES] !== undefined) {
    changed[CHANGES].push(change);
    return;
  }
  const changes = [change];
  changed[CHANGES] = changes;
  const writeHead = response.writeHead.bind(response) as (
    statusCode: number,
    statusMessage?: string,
  ) => ServerResponse;
  let isChanged = false;
  response.writeHead = (statusCode: number, ...rest: unknown[]): ServerResponse => {
    // What was thrown has ended the connection; and Node refuses a second head by itself.
    if (isChanged)
      return Reflect.apply(writeHead, response, [statusCode, ...rest]) as ServerResponse;
    isChanged = true;
    applyHead(response, statusCode, rest);
    try {
      changeHead(response, changes);
    } catch (error) {
      // Where it came from, Fastify's sending of an answer, it would end the process.
      logger.error("A change of an answer's head failed: the connection is closed.", error);
      response.destroy();
      return response;
    }
    return writeHead(response.statusCode, response.statusMessage || undefined);
  };
}

function changeHead(response: ServerResponse, changes: readonly ChangeHead[]): void {
  const { statusCode, statusMessage } = response;
  for (const change of changes.toReversed()) change(response);
  // The reason of another status.
  if (response.statusCode !== statusCode && response.statusMessage === statusMessage) {
    response.statusMessage = '';
  }
}

/** Makes what `writeHead` was given visible by `statusCode` and `getHeader`, where changes look. */
function applyHead(response: ServerResponse, statusCode: number, rest: unknown[]): void {
  const [first, second] = rest as [unknown, HeadersOfWriteHead | undefined];
  response.statusCode = statusCode;
  if (typeof first === 'string') response.statusMessage = first;
  const headers = typeof first === 'string' ? second : (first as HeadersOfWriteHead | undefined);
  if (Array.isArray(headers)) applyList(response, headers as OutgoingHttpHeader[]);
  else for (const [name, value] of Object.entries(headers ?? {})) setHeader(response, name, value);
}

/** Names and values in turn, as `rawHeaders` has them: a name may come again. */
function applyList(response: ServerResponse, list: readonly OutgoingHttpHeader[]): void {
  for (let at = 0; at < list.length; at += 2) response.removeHeader(String(list[at]));
  for (let at = 0; at < list.length; at += 2) {
    const value = list[at + 1] ?? '';
    response.appendHeader(String(list[at]), typeof value === 'number' ? String(value) : value);
  }
}

function setHeader(response: ServerResponse, name: string, value?: OutgoingHttpHeader): void {
  if (value !== undefined) response.setHeader(name, value);
}
