// The generator in a process of its own, so that what it measures does not wait for the search.
import { applyPoissonLoad } from './poisson-load.js';
import type { PoissonLoad } from './poisson-load.js';

process.on('message', (load: PoissonLoad) => {
  applyPoissonLoad(load).then(
    (figures) => process.send?.({ figures }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
