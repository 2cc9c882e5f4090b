import * as v from 'valibot';
import { observeKeys } from './observe.js';
import { runnersKey } from './runner.js';
import { serverKeys } from './server.js';

/** The one schema: whatever can be configured without changing code. */
export const CONFIG_SCHEMA = v.strictObject(
  { ...serverKeys, ...runnersKey, ...observeKeys },
  'sections such as server, runners, metrics',
);

/** What somebody has set; every key may be missing. */
export type ConfigValues = v.InferOutput<typeof CONFIG_SCHEMA>;
