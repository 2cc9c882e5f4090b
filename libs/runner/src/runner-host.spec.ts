import { expect, it, onTestFinished } from 'vitest';
import { RunnableMethod } from './runnable/runnable-method.decorator.js';
import { RunnerHost } from './runner-host.js';
import type { Runner } from './runner.js';

const closed: string[] = [];
const running = new Map<string, (answer: string) => void>();

class Named {
  constructor(readonly name: string) {
    if (name === 'broken') throw new RangeError('the weights are gone');
  }

  close(): void {
    closed.push(this.name);
  }

  @RunnableMethod()
  whoAreYou(): string {
    return this.name;
  }

  /** Ends when the spec says so. */
  @RunnableMethod()
  wait(): Promise<string> {
    return new Promise((resolve) => running.set(this.name, resolve));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function createEmbedded(): Promise<{ host: RunnerHost; runner: Runner<Named> }> {
  closed.length = 0;
  running.clear();
  const host = new RunnerHost({
    name: 'named',
    embedded: true,
    source: (model = 'first') => ({
      moduleUrl: '',
      className: 'Named',
      options: model,
      model: { name: model },
      runnable: Named,
    }),
  });
  await host.start();
  onTestFinished(() => host.stop());
  return { host, runner: host.runner as unknown as Runner<Named> };
}

it('an embedded runner is reloaded with another model, after what runs in the old one', async () => {
  const { host, runner } = await createEmbedded();
  const waiting = runner.wait.run();
  await settled();
  const reloaded = runner.reload('second');
  await settled();
  // The old one is still at it, and is not closed meanwhile; the new one serves already.
  expect(await runner.whoAreYou.run()).toBe('second');
  expect(closed).toEqual([]);
  running.get('first')?.('done');
  await reloaded;
  expect([await waiting, closed, host.model]).toEqual(['done', ['first'], { name: 'second' }]);
  expect(host.status).toMatchObject({ state: 'ready', workers: [] });
});

it('an embedded runner whose new model does not load serves the old one, and says why', async () => {
  const { host, runner } = await createEmbedded();
  await expect(runner.reload('broken')).rejects.toThrow(/the weights are gone/);
  expect(await runner.whoAreYou.run()).toBe('first');
  expect(host.model).toEqual({ name: 'first' });
  expect(host.status.reloadFailure).toMatch(/the weights are gone/);
  expect(closed).toEqual([]);
  await runner.reload('second');
  expect(host.status.reloadFailure).toBeUndefined();
});

it('an embedded runner cannot be scaled', async () => {
  const { runner } = await createEmbedded();
  await expect(runner.scale(2)).rejects.toMatchObject({
    code: 'INVALID_RUNNER_OPTIONS',
    message: 'Runner "named" can be scaled to a positive number of workers; it is embedded.',
  });
});

it('stops when what runs has ended', async () => {
  const { host, runner } = await createEmbedded();
  const waiting = runner.wait.run();
  await settled();
  const stopped = host.stop();
  await settled();
  expect(closed).toEqual([]);
  running.get('first')?.('done');
  await stopped;
  expect([await waiting, closed]).toEqual(['done', ['first']]);
  await expect(runner.whoAreYou.run()).rejects.toThrow(/is stopped and takes no calls/);
});
