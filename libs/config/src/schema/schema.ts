import * as v from 'valibot';
import { observeKeys } from './observe.js';
import { runnersKey } from './runner.js';
import { serverKeys } from './server.js';
import { servicesKey } from './service.js';

/** The one schema: whatever can be configured without changing code. */
export const CONFIG_SCHEMA = v.strictObject(
  { ...serverKeys, ...servicesKey, ...runnersKey, ...observeKeys },
  'sections such as server, services, runners, metrics',
);

/** What somebody has set; every key may be missing. */
export type ConfigValues = v.InferOutput<typeof CONFIG_SCHEMA>;
