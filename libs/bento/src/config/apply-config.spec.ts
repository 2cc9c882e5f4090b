import { renderConfigPage } from 'bentonest/config';
import { resolveRunnerOptions } from 'bentonest/runner';
import { expect, it } from 'vitest';
import { applyConfig } from './apply-config.js';

it('what operators set holds over forRoot, key by key', () => {
  const extras = {
    metrics: { namespace: 'a', exemplars: false },
    timeoutMs: 100,
    maxConcurrency: 5,
    docs: false as const,
  };
  const { serving, observe, docs } = applyConfig(extras, {
    server: { timeoutMs: 200, port: 1, maxEventLoopLagMs: 70 },
    metrics: { namespace: 'b' },
    docs: { enabled: true, path: '/docs', mounts: false },
  });
  expect(serving).toMatchObject({
    timeoutMs: 200,
    maxConcurrency: 5,
    shedding: { maxEventLoopLagMs: 70 },
  });
  expect(serving).not.toHaveProperty('port');
  expect(observe.metrics).toEqual({ namespace: 'b', exemplars: false });
  expect(docs.docs).toEqual({ path: '/docs', mounts: false });
});

it('a part is switched off by either, and on by operators', () => {
  expect(applyConfig({ metrics: false }, {}).observe.metrics).toBe(false);
  expect(applyConfig({ metrics: true }, { metrics: { enabled: false } }).observe.metrics).toBe(
    false,
  );
  expect(applyConfig({ metrics: false }, { metrics: { enabled: true } }).observe.metrics).toEqual(
    {},
  );
  expect(applyConfig({}, {}).observe.metrics).toEqual({});
});

it('defaults of runners in the documentation are those of the code', () => {
  const [, page = ''] = renderConfigPage().split('### runners');
  const [runners] = page.split('###');
  const rows = [...runners.matchAll(/^\| `(\w+)` \|.*\| `(.+)` \|$/gm)];
  const documented = Object.fromEntries(rows.map(([, key, text]) => [key, JSON.parse(text)]));
  expect(resolveRunnerOptions('a', {})).toMatchObject(documented);
  expect(Object.keys(documented).length).toBeGreaterThan(7);
});
