import { CommandFailedError } from '../cli.errors.js';
import { ProgressBar } from '../output/progress-bar.js';

export interface Interruptible {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total?: number) => void;
}

/**
 * Does something long: with a progress bar, and so that Ctrl-C and SIGTERM let it clean up what it has
 * half written.
 */
export async function interruptible<Result>(
  label: string,
  work: (by: Interruptible) => Promise<Result>,
): Promise<Result> {
  // Its warning of Node versions to come is for those who write programs, and takes six lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const bar = new ProgressBar(label);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work({ signal: controller.signal, onProgress: bar.update });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new CommandFailedError('Interrupted: nothing has been kept. Run it again.', {
      cause: error,
    });
  } finally {
    bar.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
