import { expect, it, onTestFinished } from 'vitest';
import { RunnableMethod } from './runnable/runnable-method.decorator.js';
import { RunnerHost } from './runner-host.js';
import type { ExampleCall } from './runnable/runnable.js';
import type { RunnerDefinition } from './runner.definition.js';
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

  async setup(): Promise<void> {
    if (this.name === 'slow') await this.wait();
  }

  exampleCalls(): readonly ExampleCall[] {
    return this.name === 'cold' ? [{ method: 'freeze', args: [] }] : [];
  }

  @RunnableMethod()
  freeze(): never {
    throw new RangeError('too cold');
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

function definition(options: Partial<RunnerDefinition>): RunnerDefinition {
  return {
    name: 'named',
    embedded: true,
    source: (model = 'first') => ({
      moduleUrl: '',
      className: 'Named',
      options: model,
      model: { name: model },
      runnable: Named,
    }),
    ...options,
  };
}

async function createEmbedded(
  options: Partial<RunnerDefinition> = {},
): Promise<{ host: RunnerHost; runner: Runner<Named> }> {
  closed.length = 0;
  running.clear();
  const host = new RunnerHost(definition(options));
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

it('an embedded Runnable that hangs keeps nobody else waiting', async () => {
  const { runner } = await createEmbedded({ timeoutMs: 20, hangTimeoutMs: 20 });
  const hanging = runner.wait.run();
  await expect(hanging).rejects.toMatchObject({ code: 'RUNNER_TIMEOUT' });
  // Behind the one that hangs until it is given up.
  const answer = await runner.whoAreYou.run({ timeoutMs: 5_000 });
  expect(answer).toBe('first');
});

it('an embedded Runnable that does not warm up, or is not needed any more, is closed', async () => {
  const { host, runner } = await createEmbedded();
  await expect(runner.reload('cold')).rejects.toMatchObject({ code: 'RUNNER_START_FAILED' });
  expect(closed).toEqual(['cold']);
  expect(await runner.whoAreYou.run()).toBe('first');
  const late = runner.reload('slow');
  await settled();
  await host.stop();
  running.get('slow')?.('loaded');
  await late;
  expect(closed.toSorted()).toEqual(['cold', 'first', 'slow']);
});

it('an embedded runner of several API processes is not reloaded in one of them', async () => {
  const caller = { role: 'caller', caller: undefined as never } as const;
  const host = new RunnerHost(definition({}), caller);
  onTestFinished(() => host.stop());
  await expect(host.runner.reload()).rejects.toMatchObject({
    code: 'INVALID_RUNNER_OPTIONS',
    message: expect.stringContaining('Remove embedded: true, or restart the server.') as string,
  });
});

it('a runner with bounds is not scaled beyond them', async () => {
  const options = { embedded: false, workers: { min: 1, max: 3 } };
  const host = new RunnerHost({ ...definition(options), source: () => new Promise(() => {}) });
  onTestFinished(() => host.stop());
  void host.start().catch(() => undefined);
  const refused = (workers: number): Promise<unknown> => host.runner.scale(workers).catch(String);
  expect(await refused(4)).toContain('its bounds are 1 and 3, got 4.');
});

it('an embedded runner refuses limits that are for workers', () => {
  expect(() => new RunnerHost(definition({ maxRssMb: 512 }))).toThrow(
    'Option maxRssMb of runner "named" is for worker processes, and it is embedded.',
  );
});
