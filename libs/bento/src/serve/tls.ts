import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type {
  Server as SecureServer,
  SecureContextOptions,
  TlsOptions as NodeTlsOptions,
} from 'node:tls';
import { Logger } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { TlsOptions } from './serve.options.js';

/** How often the files are looked at, in milliseconds: a link that is turned is seen, too. */
const LOOK_MS = 1_000;

/**
 * What Node's server needs of TLS.
 *
 * @throws ServiceConfigurationError for a file that cannot be read.
 */
export function readTls(options: TlsOptions): NodeTlsOptions {
  const { minVersion = 'TLSv1.2', requestClientCert = false } = options;
  return {
    ...readFiles(options),
    minVersion,
    requestCert: requestClientCert,
    rejectUnauthorized: requestClientCert,
  };
}

/** Gives a server the files anew when they change; what does not fit together leaves the old ones. */
export function watchTls(server: SecureServer, options: TlsOptions): void {
  const logger = new Logger('Tls');
  const files = filesOf(options);
  const renew = (): void => {
    try {
      server.setSecureContext({
        ...readFiles(options),
        minVersion: options.minVersion ?? 'TLSv1.2',
      });
      logger.log('The certificate was renewed.');
    } catch (error) {
      // Of two files one is written first.
      logger.warn(
        `The certificate was not renewed, the old one holds: ${(error as Error).message}`,
      );
    }
  };
  for (const file of files) watchFile(file, { interval: LOOK_MS, persistent: false }, renew);
  server.once('close', () => {
    for (const file of files) unwatchFile(file, renew);
  });
}

function filesOf({ certFile, keyFile, caFile }: TlsOptions): string[] {
  return [certFile, keyFile, caFile].flatMap((file) => file ?? []);
}

function readFiles({ certFile, keyFile, caFile, passphrase }: TlsOptions): SecureContextOptions {
  return {
    cert: readFile('certFile', certFile),
    key: readFile('keyFile', keyFile),
    ca: caFile === undefined ? undefined : readFile('caFile', caFile),
    passphrase,
  };
}

function readFile(option: string, file = ''): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ServiceConfigurationError(
      `Expected ${option} of ssl to be a readable file in PEM, got ${JSON.stringify(file)} (${code}).`,
      { cause, details: { option } },
    );
  }
}
