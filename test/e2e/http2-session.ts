import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { until } from './served-app.js';
import type { ServedApp } from './served-app.js';

/** A session with a server of HTTP/2 without TLS, as soon as it listens. */
export async function openSession(app: ServedApp, timeoutMs = 60_000): Promise<ClientHttp2Session> {
  let session: ClientHttp2Session | undefined;
  await until(
    async () => {
      const opening = connect(app.url);
      opening.on('error', () => undefined);
      await once(opening, 'connect');
      session = opening;
      return true;
    },
    timeoutMs,
    () => app.output,
  );
  if (session === undefined) throw new Error('until() said that there is one.');
  return session;
}
