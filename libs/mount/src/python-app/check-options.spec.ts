import { expect, it } from 'vitest';
import { InvalidMountError } from '../mount.errors.js';
import { mountAsgi, mountWsgi } from './mount-python.js';
import type { PythonAppOptions } from './python-app.options.js';

it.each([
  [{ app: 'main:app; rm' }, /"module:name".*got "main:app; rm"/],
  [{ app: undefined }, /"module:name"/],
  [{ app: 'main:app', path: '/py' }, /in forRoutes\('py{\/\*splat}'\), got an option path/],
  [{ app: 'main:app', openapi: true }, /path of a document.*got true/],
  [{ app: 'main:app', openapi: 'openapi.json' }, /path of a document.*got "openapi.json"/],
  [{ app: 'main:app', openapi: '/a b' }, /path of a document/],
])('refuses %o where it is written', (options, message) => {
  for (const mountPython of [mountAsgi, mountWsgi]) {
    expect(() => mountPython(options as PythonAppOptions)).toThrow(InvalidMountError);
    expect(() => mountPython(options as PythonAppOptions)).toThrow(message);
  }
});

it('takes a document that is elsewhere, or none', () => {
  for (const openapi of ['/openapi.json', '/', '/v2/api.json?all=1', false] as const) {
    expect(() => mountAsgi({ app: 'main:create.app', openapi })).not.toThrow();
  }
});
