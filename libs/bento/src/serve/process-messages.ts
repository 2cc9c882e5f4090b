import type { LogLevelName, SharingChannel } from 'bentonest/runner';

/** What the primary and the API processes send each other by Node's IPC channel. */
export type ProcessMessage =
  /** With a connection. */
  | { readonly to: 'connections'; readonly at: Address; readonly id: number }
  /** The process has that connection; to the primary. */
  | { readonly to: 'taken'; readonly id: number }
  /** The process serves; to the primary. */
  | { readonly to: 'ready' }
  /** The process has answered its first request; to the primary. */
  | { readonly to: 'answered' }
  /** The process is to answer what it has, and to end. */
  | { readonly to: 'stop' }
  /** The level of the log has changed; either way. */
  | { readonly to: 'log-level'; readonly level: LogLevelName }
  | { readonly to: Part; readonly message: unknown };

/** The door that a connection came by. */
export type Address = 'public' | 'admin';

/** Parts of the application that have something to tell each other. */
type Part = 'runners' | 'metrics';

/** The half of a child process, or of this one, that a channel needs. */
export interface MessagePort {
  readonly connected: boolean;
  send?(
    message: ProcessMessage,
    handle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): unknown;
  on(event: 'message', listener: (message: ProcessMessage) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** One part of what goes between two processes. */
export function channelOf<Sent, Received>(
  part: Part,
  port: MessagePort,
): SharingChannel<Sent, Received> {
  return {
    send: (message) => {
      tell(port, { to: part, message });
    },
    onMessage: (listener) => {
      port.on('message', (message) => {
        if (message.to === part) listener(message.message as Received);
      });
    },
    onClose: (listener) => {
      port.on('disconnect', listener);
    },
  };
}

/** What is sent to a process that goes away meanwhile is lost with it, and with who waits for an answer. */
export function tell(port: MessagePort, message: ProcessMessage): void {
  if (port.connected) port.send?.(message, undefined, undefined, () => undefined);
}
