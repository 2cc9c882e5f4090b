import { expect, it, onTestFinished } from 'vitest';
import { CallScope } from '../dispatch/call-scope.js';
import { RunnerHost } from '../runner-host.js';
import type { Runner } from '../runner.js';
import { currentCalls } from '../runnable/current-calls.js';
import { RunnableMethod } from '../runnable/runnable-method.decorator.js';

class Witness {
  @RunnableMethod()
  at(): unknown {
    return currentCalls();
  }

  /** Ends when `until` others have begun. */
  @RunnableMethod()
  async after(until: number): Promise<unknown> {
    Witness.begun++;
    while (Witness.begun < until) await new Promise((resolve) => setImmediate(resolve));
    return currentCalls();
  }

  static begun = 0;
}

function start(name: string): Runner<Witness> {
  const source = { moduleUrl: '', className: 'Witness', options: undefined, runnable: Witness };
  const host = new RunnerHost({
    name,
    embedded: true,
    source: () => Promise.resolve(source),
  });
  onTestFinished(() => host.stop());
  return host.runner as unknown as Runner<Witness>;
}

it('tells an embedded batch which requests it is for, also while another runner’s runs', async () => {
  const [first, second] = [start('first'), start('second')];
  const inScope = <T>(requestId: string, run: () => T): T => new CallScope({ requestId }).run(run);
  const answers = await Promise.all([
    inScope('a', () => first.after.run(2)),
    inScope('b', () => second.after.run(2)),
  ]);
  expect(answers).toEqual([[{ requestId: 'a' }], [{ requestId: 'b' }]]);
  expect(await inScope('c', () => first.at.run())).toEqual([{ requestId: 'c' }]);
  expect(await first.at.run()).toEqual([]);
  expect(currentCalls()).toEqual([]);
});
