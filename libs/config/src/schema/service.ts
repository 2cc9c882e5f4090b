import * as v from 'valibot';
import { integer, key, milliseconds, record } from './key.js';

const limits = (what: string, timeoutDefault: string) => ({
  timeoutMs: key(milliseconds(), {
    description: `Time that a run of ${what} may take; then 504.`,
    default: timeoutDefault,
  }),
  maxConcurrency: key(integer(1, 1_000_000), {
    description: `Runs of ${what} that there may be at a time, in each process; further requests get 429.`,
  }),
});

const apiKeys = v.strictObject(
  limits('the method', "(the service's, else the server's)"),
  'a section with timeoutMs and maxConcurrency',
);

/** What an operator may set of a service. */
const serviceKeys = v.strictObject(
  {
    ...limits('its methods', '(server.timeoutMs)'),
    apis: v.optional(record(apiKeys, "a section for each api, by the api's name")),
  },
  'a section with the limits of a service',
);

export type ServiceConfig = v.InferOutput<typeof serviceKeys>;

export const servicesKey = {
  services: v.optional(record(serviceKeys, "a section for each service, by the service's name")),
};
