import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';

/** What a request is sent with, for its answer to be held back safely. */
export interface HoldingOptions {
  /** Called with whose connection it will be. */
  readonly onClient?: (client: { readonly connection: HeldConnection | undefined }) => void;
}

/**
 * A connection of undici's, which does not expect an end or a reset while it is paused: by an assertion that
 * nobody can catch, it ends the server (nodejs/undici#5360). Both are kept from it meanwhile.
 */
export class HeldConnection {
  private isPaused = false;
  private hasEnded = false;

  constructor(private readonly socket: Socket) {}

  pause(controller: Dispatcher.DispatchController): void {
    controller.pause();
    this.isPaused = true;
    const { socket } = this;
    const emit = socket.emit.bind(socket) as (name: string, ...rest: unknown[]) => boolean;
    socket.emit = (name: string, ...rest: unknown[]): boolean => {
      if (name === 'end') return (this.hasEnded = true);
      if (name === 'error' && isReset(rest[0])) {
        return emit(name, new Error('The connection was reset.', { cause: rest[0] }));
      }
      return emit(name, ...rest);
    };
  }

  resume(controller: Dispatcher.DispatchController): void {
    this.isPaused = false;
    // The socket's own is that of its prototype.
    Reflect.deleteProperty(this.socket, 'emit');
    controller.resume();
    // What was there already may have paused it again.
    if (!this.hasEnded || this.isPaused) return;
    this.hasEnded = false;
    this.socket.emit('end');
  }
}

/** To undici that is an end, which may be a good one. */
function isReset(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECONNRESET';
}
