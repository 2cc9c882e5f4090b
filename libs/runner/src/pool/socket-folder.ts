import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest path of a unix socket on Linux; macOS has 103. */
const MAX_SOCKET_PATH = 103;

/** A folder that only this user may enter (mkdtemp makes it 0700), with the sockets of one pool. */
export class SocketFolder {
  private folder: string | undefined;
  private count = 0;

  nextPath(): string {
    if (process.platform === 'win32') {
      return `\\\\.\\pipe\\bentonest-${randomBytes(16).toString('hex')}`;
    }
    if (this.folder === undefined) {
      this.folder = makeFolder();
      // However the process ends, but for a signal that it does not handle: then the workers do it.
      process.once('exit', this.remove);
    }
    return join(this.folder, `${++this.count}.sock`);
  }

  /** A process that was killed has left its socket: the folder could not be removed by the last one. */
  removeSocket(path: string): void {
    if (this.folder !== undefined) rmSync(path, { force: true });
  }

  readonly remove = (): void => {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
    process.off('exit', this.remove);
  };
}

function makeFolder(): string {
  const room = 'bentonest-XXXXXX/00000.sock'.length + 1;
  const base = tmpdir().length + room <= MAX_SOCKET_PATH ? tmpdir() : '/tmp';
  return mkdtempSync(join(base, 'bentonest-'));
}
