import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServeOptions } from 'bentonest';
import { ServedApp, until } from './served-app.js';

type Tls = NonNullable<ServeOptions['ssl']>;

const entry = 'dist/test/fixtures/served-app/main.js';
const pem = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const [certFile, keyFile, caFile] = [pem('old.cert'), pem('old.key'), pem('ca.cert')];
const encrypted = pem('encrypted.key');
const passphrase = 'of-the-specs';

let app: ServedApp | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-tls-'));
});

afterEach(async () => {
  await app?.end('SIGKILL');
  app = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const spawn = (ssl: Tls, workers = 1): Promise<ServedApp> =>
  ServedApp.spawn({ entry, env: { OPTIONS: JSON.stringify({ ssl, workers }) } });

/** Of a client that takes no certificate but the one that the server is to have. */
async function ask(
  server: ServedApp,
  client: RequestOptions = {},
  signer = 'old',
): Promise<number> {
  const sent = request(`${server.url.replace('http', 'https')}/whoami`, {
    agent: false,
    ca: await readFile(pem(`${signer}.cert`)),
    ...client,
  }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect(await json(answer)).toMatchObject({ protocol: 'https' });
  return answer.statusCode ?? 0;
}

/** A certificate of a client, with its key. */
async function identity(name: string): Promise<RequestOptions> {
  const [cert, key] = await Promise.all([
    readFile(pem(`${name}.cert`)),
    readFile(pem(`${name}.key`)),
  ]);
  return { cert, key };
}

describe.each([1, 2])('clients that must show a certificate, in %i processes', (workers) => {
  it('are served with one of caFile only, by TLS 1.3 only; files of it are renewed', async () => {
    const authority = join(folder, `ca-${workers}.pem`);
    await copyFile(caFile, authority);
    const server = (app = await spawn(
      {
        certFile,
        keyFile: encrypted,
        passphrase,
        caFile: authority,
        minVersion: 'TLSv1.3',
        requestClientCert: true,
      },
      workers,
    ));
    const [known, unknown] = [await identity('client'), await identity('new')];
    await until(async () => (await ask(server, known)) === 200, 20_000);
    await expect(ask(server)).rejects.toThrow('certificate required');
    await expect(ask(server, unknown)).rejects.toThrow(/hang up|reset/i);
    await expect(ask(server, { ...known, maxVersion: 'TLSv1.2' })).rejects.toThrow(
      'protocol version',
    );
    // Of several processes one serves by now; the others have read the file, or will.
    await copyFile(pem('new.cert'), authority);
    const isServed = (client: RequestOptions): Promise<boolean> =>
      ask(server, client).then(
        () => true,
        () => false,
      );
    const asks = (client: RequestOptions) => [isServed(client), isServed(client)];
    const seen = () => Promise.all([...asks(unknown), ...asks(known)]);
    await until(async () => (await seen()).join() === 'true,true,false,false', 10_000);
    await expect(ask(server)).rejects.toThrow('certificate required');
    expect(await server.end()).toBe(0);
  }, 40_000);
});

it('without requestClientCert, clients need none, and TLS 1.2 is served', async () => {
  const server = (app = await spawn({ certFile, keyFile }));
  await until(async () => (await ask(server, { maxVersion: 'TLSv1.2' })) === 200, 20_000);
  await expect(ask(server, {}, 'new')).rejects.toThrow('self-signed certificate');
});

it('what does not fit together ends the start: one line, and no process is left', async () => {
  // Of several, the first one tells it before it starts the others.
  const server = (app = await spawn({ certFile, keyFile: encrypted, passphrase: 'hunter2' }, 2));
  const [code] = (await once(server.process, 'close')) as [number];
  expect(code).toBe(1);
  expect(server.output).not.toMatch(/hunter2|^ +at |"stack"/m);
  const message = `Expected passphrase of ssl to be that of keyFile, "${encrypted}", which is encrypted, got another.`;
  expect(server.records.map(({ level, msg }) => [level, msg])).toEqual([[60, message]]);
});
