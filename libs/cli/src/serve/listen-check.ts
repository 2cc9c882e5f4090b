import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Where the application was asked to listen. */
export interface ListenAddress {
  readonly port?: number;
  readonly host?: string;
}

interface Listening {
  readonly options?: { readonly port?: number | string; readonly host?: string };
}

const CHANNEL = 'tracing:net.server.listen:asyncStart';
const LOOPBACK = /^(?:127\.|::1$)/;
/** An application may have servers besides, for metrics or inspection, that come first. */
const PATIENCE_MS = 1000;

/** Tells when the application listens elsewhere than it was asked to, for PORT and HOST are its to read. */
export function checkListening(asked: ListenAddress, tell: (line: string) => void): void {
  if (asked.port === undefined && asked.host === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const onListen = (message: unknown): void => {
    const { port, host } = (message as Listening).options ?? {};
    if (port === undefined) return;
    const isPort = asked.port === undefined || Number(port) === asked.port;
    if (isPort && isAskedHost(asked.host, host)) {
      clearTimeout(timer);
      unsubscribe(CHANNEL, onListen);
      return;
    }
    timer ??= setTimeout(() => {
      unsubscribe(CHANNEL, onListen);
      tell(
        `The application listens on port ${port} of ${host ?? 'every host'}, not where it was asked to. ` +
          'Its main.ts is to read them: app.listen(process.env.PORT ?? 3000, process.env.HOST ?? "localhost").',
      );
    }, PATIENCE_MS).unref();
  };
  subscribe(CHANNEL, onListen);
}

/** A server that is to listen at `localhost` listens at its addresses. */
function isAskedHost(asked: string | undefined, host: string | undefined): boolean {
  if (asked === undefined || host === asked) return true;
  return asked === 'localhost' && host !== undefined && LOOPBACK.test(host);
}
