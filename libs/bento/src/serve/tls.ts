import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type {
  Server as SecureServer,
  SecureContextOptions,
  TlsOptions as NodeTlsOptions,
} from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { TlsOptions } from './serve.options.js';

/** How often the files are looked at, in milliseconds: a link that is turned is seen, too. */
const LOOK_MS = 1_000;

/**
 * What Node's server needs of TLS.
 *
 * @throws ServiceConfigurationError naming the option: a file that cannot be read or holds something else, a
 * passphrase or a key that does not fit.
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

/**
 * Gives a server the files anew when they change; what does not fit together leaves the old ones.
 *
 * @param read what the server has by now.
 */
export function watchTls(
  server: SecureServer,
  options: TlsOptions,
  read: SecureContextOptions,
): void {
  const logger = new Logger('Tls');
  const files = filesOf(options);
  let current = read;
  const renew = (): void => {
    try {
      const next = readFiles(options);
      if (isSame(current, next)) return;
      server.setSecureContext({ ...next, minVersion: read.minVersion });
      current = next;
      logger.log('The certificate was renewed.');
    } catch (error) {
      // Of two files one is written first.
      logger.warn(
        `The certificate was not renewed, the old one holds: ${(error as Error).message}`,
      );
    }
  };
  for (const file of files) watchFile(file, { interval: LOOK_MS, persistent: false }, renew);
  // Those that changed between the reading and the first look are no change to who watches.
  const second = setTimeout(renew, LOOK_MS).unref();
  server.once('close', () => {
    clearTimeout(second);
    for (const file of files) unwatchFile(file, renew);
  });
}

function isSame(some: SecureContextOptions, others: SecureContextOptions): boolean {
  return (['cert', 'key', 'ca'] as const).every((part) =>
    isDeepStrictEqual(some[part], others[part]),
  );
}

function filesOf({ certFile, keyFile, caFile }: TlsOptions): string[] {
  return [certFile, keyFile, caFile].flatMap((file) => file ?? []);
}

function readFiles({ certFile, keyFile, caFile, passphrase }: TlsOptions): SecureContextOptions {
  const cert = readFile('certFile', certFile);
  const certificate = parse('certFile', certFile, 'certificate', () => new X509Certificate(cert));
  const key = readFile('keyFile', keyFile);
  if (!certificate.checkPrivateKey(parseKey(keyFile, key, passphrase))) {
    throw refuse('keyFile', 'the private key of certFile', `that of another: ${quote(keyFile)}`);
  }
  const ca = caFile === undefined ? undefined : readFile('caFile', caFile);
  // Node takes one without a certificate for a list of none.
  if (ca !== undefined) parse('caFile', caFile, 'certificate', () => new X509Certificate(ca));
  return { cert, key, ca, passphrase };
}

function parseKey(file: string | undefined, pem: Buffer, passphrase?: string): KeyObject {
  return parse('keyFile', file, 'private key', () => {
    try {
      return createPrivateKey({ key: pem, passphrase });
    } catch (cause) {
      if (!pem.includes('ENCRYPTED')) throw cause;
      const got = passphrase === undefined ? 'none' : 'another';
      throw refuse('passphrase', `that of keyFile, ${quote(file)}, which is encrypted`, got, cause);
    }
  });
}

function parse<T>(option: string, file: string | undefined, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ServiceConfigurationError) throw cause;
    throw refuse(option, `a file with a ${what} in PEM`, quote(file), cause);
  }
}

function readFile(option: string, file = ''): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw refuse(option, 'a readable file in PEM', `${quote(file)} (${code})`, cause);
  }
}

function quote(file = ''): string {
  return JSON.stringify(file);
}

function refuse(option: string, expected: string, got: string, cause?: unknown) {
  return new ServiceConfigurationError(`Expected ${option} of ssl to be ${expected}, got ${got}.`, {
    cause,
    details: { option },
  });
}
