import { RunnerOptionsError } from '../runner.errors.js';
import type { ExampleCall } from '../runnable/runnable.js';
import type { LoadedRunnable } from './load-runnable.js';
import { runMethod } from './run-method.js';

/**
 * Runs the Runnable's example calls, so that the first request does not pay for what is made ready at
 * first use. A failure of an optional one is told: it may be made up from the model's metadata, and the
 * model may want better ones.
 *
 * @throws RunnerOptionsError when another fails: a model that cannot do its own example cannot serve.
 */
export async function warmUp(runner: string, loaded: LoadedRunnable, times: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    for (const call of loaded.instance.exampleCalls?.() ?? []) {
      if (!(await succeeds(runner, loaded, call))) return;
    }
  }
}

async function succeeds(
  runner: string,
  loaded: LoadedRunnable,
  call: ExampleCall,
): Promise<boolean> {
  try {
    await runMethod(runner, loaded, call);
    return true;
  } catch (cause) {
    const failure = `example call of "${call.method}" failed: ${String(cause)}`;
    if (call.optional === true) {
      console.error(`Runner "${runner}": warm-up: the ${failure}`);
      return false;
    }
    const message = `The ${failure}. Mend the example, or mark it optional: true.`;
    throw new RunnerOptionsError(message, { cause });
  }
}
