import type { IncomingMessage } from 'node:http';
import type { RouteOptions, onRequestHookHandler } from 'fastify';

/**
 * Where an infrastructure endpoint is served: at every address; at the operators' only, where the server
 * has one (`admin`); or there and never elsewhere.
 */
export type InfrastructureAddress = 'any' | 'operators-first' | 'operators-only';

const OPERATOR = Symbol('bentonest.operator-request');
const ADDRESS = 'bentonestAddress';

type MarkedRequest = IncomingMessage & { [OPERATOR]?: true };

/** A request came by the operators' address. */
export function markOperatorRequest(request: IncomingMessage): void {
  (request as MarkedRequest)[OPERATOR] = true;
}

export function isOperatorRequest(request: IncomingMessage): boolean {
  return (request as MarkedRequest)[OPERATOR] === true;
}

/** The config of a Fastify route with the address that it is served at. */
export function addressConfig(address: InfrastructureAddress): object {
  return { [ADDRESS]: address };
}

export function addressOf(config: unknown): InfrastructureAddress {
  const { [ADDRESS]: address = 'any' } = (config ?? {}) as {
    readonly [ADDRESS]?: InfrastructureAddress;
  };
  return address;
}

const answerNotFound: onRequestHookHandler = ({ raw }, reply, done) => {
  if (isOperatorRequest(raw)) done();
  else reply.callNotFound();
};

/** The hook of a route that the world is not to find. */
export function addressHooks({ config }: Pick<RouteOptions, 'config'>): onRequestHookHandler[] {
  return addressOf(config) === 'operators-only' ? [answerNotFound] : [];
}
