import { CommandInterruptedError } from '../cli.errors.js';
import { ProgressBar } from '../output/progress-bar.js';

export interface Interruptible {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total?: number) => void;
}

/** The second of a kind ends the process as it is. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something long: with a progress bar, and so that Ctrl-C, SIGTERM and a terminal that is closed let
 * it clean up what it has half written.
 *
 * @throws CommandInterruptedError after that.
 */
export async function interruptible<Result>(
  label: string,
  work: (by: Interruptible) => Promise<Result>,
): Promise<Result> {
  // Its warning of Node versions to come is for those who write programs, and takes six lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const bar = new ProgressBar(label);
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    received = signal;
    controller.abort();
  };
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    return await work({ signal: controller.signal, onProgress: bar.update });
  } catch (error) {
    if (received === undefined) throw error;
    throw new CommandInterruptedError(received, { cause: error });
  } finally {
    bar.end();
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
