import type { LoadedRunnable } from './load-runnable.js';
import { runMethod } from './run-method.js';

/**
 * Runs the Runnable's example calls, so that the first request does not pay for what is made ready at
 * first use. An example that fails is told, and is no reason not to serve: it may be made up from the
 * model's metadata, and the model may want better ones.
 */
export async function warmUp(runner: string, loaded: LoadedRunnable, times: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    for (const call of loaded.instance.exampleCalls?.() ?? []) {
      try {
        await runMethod(runner, loaded, call);
      } catch (error) {
        console.error(
          `Runner "${runner}": warm-up call of "${call.method}" failed: ${String(error)}`,
        );
        return;
      }
    }
  }
}
