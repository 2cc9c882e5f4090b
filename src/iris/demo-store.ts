import { fileURLToPath } from 'node:url';

/** A store that ships in the repository, so that the demos run with no further step. */
export const demoStore =
  process.env.BENTOML_HOME ??
  fileURLToPath(
    import.meta.resolve('bentonest/package.json').replace('package.json', 'test/models/store'),
  );
