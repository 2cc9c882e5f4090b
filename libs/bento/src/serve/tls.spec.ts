import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TlsOptions } from './serve.options.js';
import { readTls } from './tls.js';

const pem = (name: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}.pem`, import.meta.url));
const [certFile, keyFile, encrypted] = [pem('old.cert'), pem('old.key'), pem('encrypted.key')];

describe('what of ssl is wrong is told by its key', () => {
  it.each<[string, TlsOptions, string]>([
    [
      'a certificate that is something else',
      { certFile: keyFile, keyFile },
      `certFile of ssl to be a file with a certificate in PEM, got "${keyFile}"`,
    ],
    [
      'a key that is something else',
      { certFile, keyFile: certFile },
      `keyFile of ssl to be a file with a private key in PEM, got "${certFile}"`,
    ],
    [
      'a key that does not fit',
      { certFile, keyFile: pem('new.key') },
      `keyFile of ssl to be the private key of certFile, got that of another: "${pem('new.key')}"`,
    ],
    [
      'no passphrase',
      { certFile, keyFile: encrypted },
      `passphrase of ssl to be that of keyFile, "${encrypted}", which is encrypted, got none`,
    ],
    [
      'a passphrase of another key',
      { certFile, keyFile: encrypted, passphrase: 'hunter2' },
      `passphrase of ssl to be that of keyFile, "${encrypted}", which is encrypted, got another`,
    ],
    [
      'authorities that are not there',
      { certFile, keyFile, caFile: '/none/ca.pem' },
      'caFile of ssl to be a readable file in PEM, got "/none/ca.pem" (ENOENT)',
    ],
    [
      'authorities that are none',
      { certFile, keyFile, caFile: keyFile },
      `caFile of ssl to be a file with a certificate in PEM, got "${keyFile}"`,
    ],
  ])('%s', (_name, options, message) => {
    expect(() => readTls(options)).toThrow(`Expected ${message}.`);
  });
});

it('an encrypted key is taken with its passphrase, and another one needs none', () => {
  const passphrase = 'of-the-specs';
  const caFile = pem('ca.cert');
  const options = { certFile, keyFile: encrypted, caFile, passphrase, requestClientCert: true };
  expect(readTls(options)).toMatchObject({ passphrase, rejectUnauthorized: true });
  expect(readTls({ certFile, keyFile })).toMatchObject({ requestCert: false });
});
