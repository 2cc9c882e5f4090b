import { InvalidMountError } from '../mount.errors.js';
import type { PythonAppOptions } from './python-app.options.js';

const APP = /^[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?$/;

/** @throws InvalidMountError for a name that is none (it becomes part of a command), and for a wrong path. */
export function checkOptions(options: PythonAppOptions): void {
  const { app, openapi } = options;
  if (typeof app !== 'string' || !APP.test(app)) {
    throw new InvalidMountError(
      `Expected the application as "module:name", such as "main:app", got ${JSON.stringify(app)}.`,
    );
  }
  // One place says where a mount is, whatever it is of.
  if ('path' in options) {
    throw new InvalidMountError(
      "Expected the path that the application is mounted at in forRoutes('py{/*splat}'), got an option path. Leave it out.",
    );
  }
  if (openapi === undefined || openapi === false) return;
  if (typeof openapi !== 'string' || !/^\/[\x21-\x7e]*$/.test(openapi)) {
    throw new InvalidMountError(
      `Expected as openapi the path of a document, such as "/openapi.json", or false, got ${JSON.stringify(openapi)}.`,
    );
  }
}
