import type { IncomingMessage } from 'node:http';
import type { RouteOptions, onRequestHookHandler } from 'fastify';
import { isInfrastructure } from '../api-route.js';
import { recordOf } from './request-record.js';

/**
 * Where an infrastructure endpoint is served: at every address; at the operators' only, where the server
 * has one (`admin`); there and never elsewhere; or never there.
 */
export type InfrastructureAddress = 'any' | 'operators-first' | 'operators-only' | 'public';

const ADDRESS = 'bentonestAddress';

/** A request came by the operators' address. */
export function markOperatorRequest(request: IncomingMessage): void {
  recordOf(request).isOfOperators = true;
}

export function isOperatorRequest(request: IncomingMessage): boolean {
  return recordOf(request).isOfOperators;
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

/** Whether a route is served at the one address or the other of a server that has both. */
export function isServedAt(config: unknown, isOfOperators: boolean): boolean {
  const address = addressOf(config);
  return isOfOperators
    ? isInfrastructure(config) && address !== 'public'
    : address === 'any' || address === 'public';
}

const answerNotFound: onRequestHookHandler = ({ raw }, reply, done) => {
  if (isOperatorRequest(raw)) done();
  else reply.callNotFound();
};

/** The hook of a route that the world is not to find. */
export function addressHooks({ config }: Pick<RouteOptions, 'config'>): onRequestHookHandler[] {
  return addressOf(config) === 'operators-only' ? [answerNotFound] : [];
}
