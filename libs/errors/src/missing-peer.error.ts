import { BentoError } from './bento.error.js';

/** A feature needs an optional package that is not installed. */
export class MissingPeerError extends BentoError {
  static override readonly code = 'MISSING_PEER';
  static override readonly statusCode = 500;

  constructor(packageName: string, feature: string, options: { cause?: unknown } = {}) {
    super(`${feature} needs the package ${packageName}. Run: npm install ${packageName}`, {
      ...options,
      details: { package: packageName },
    });
  }
}

/**
 * Imports an optional peer when it is first used.
 *
 * @throws MissingPeerError only when this very package is not there; a broken one keeps its error.
 */
export async function importPeer<Module>(
  packageName: string,
  feature: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${packageName}'`)) {
      throw new MissingPeerError(packageName, feature, { cause });
    }
    throw cause;
  }
}
