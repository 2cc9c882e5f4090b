import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prometheus, findPrometheus } from './prometheus.js';
import { ServedApp, until } from './served-app.js';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const file = new URL('../../docs/grafana/bentonest.json', import.meta.url);
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;

/** Every query of the dashboard, with all instances, services and runners chosen, as Grafana sends it. */
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => {
    const query = expr.replaceAll('$__rate_interval', '5s').replaceAll(/\$[a-z]+/g, '.*');
    return [`${title}: ${legendFormat}`, query] as const;
  }),
);

/** `label_values(metric, label)` of the dashboard's variables. */
const variables = dashboard.templating.list.flatMap(({ definition }) => {
  const match = /^label_values\((?<metric>\w+), (?<label>\w+)\)$/.exec(definition ?? '');
  return match?.groups === undefined ? [] : [[match.groups.label, match.groups.metric] as const];
});

const program = findPrometheus();

describe.skipIf(program === undefined)('with a Prometheus server', () => {
  let demo: ServedApp;
  /** Two API processes with sampled traces. */
  let traced: ServedApp;
  let prometheus: Prometheus;
  let isLoaded = true;

  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const env = { BENTONEST__SERVER__WORKERS: '2' };
    demo = await ServedApp.spawn();
    traced = await ServedApp.spawn({ entry: 'dist/test/fixtures/metrics-app/main.js', env });
    ends.push(
      () => demo.end(),
      () => traced.end(),
    );
    await Promise.all([demo.untilReady(45_000), traced.untilReady(45_000)]);
    prometheus = await Prometheus.start(program ?? '', {
      demo: new URL(demo.url).host,
      traced: new URL(traced.url).host,
    });
    ends.unshift(() => prometheus.end());
    const load = Promise.all([classify(), fail()]);
    ends.unshift(() => load);
  }, 90_000);

  afterAll(async () => {
    isLoaded = false;
    for (const end of ends) await end();
  });

  /** Batches of several sizes, so that their latency is learned. */
  async function classify(): Promise<void> {
    for (let i = 0; isLoaded; i++) {
      const rows = Array.from({ length: 1 + (i % 5) }, () => [6.2, 3.2, 5.2, 2.2]);
      await Promise.all([demo.post('/classify', rows), demo.post('/classify', rows)]);
      await traced.post('/multiply', [1], {
        traceparent: `00-${'c'.repeat(32)}-${'1'.repeat(16)}-01`,
      });
      await sleep(10);
    }
  }

  /** Paths that there are not, bodies that are none, and a worker that dies under its calls. */
  async function fail(): Promise<void> {
    for (let i = 0; isLoaded; i++) {
      await demo.get('/none');
      await demo.post('/classify', '{');
      if (i === 8) process.kill(demo.workerPids[0], 'SIGKILL');
      await sleep(250);
    }
  }

  it('every variable of the dashboard has values', async () => {
    expect(variables).toHaveLength(3);
    for (const [label, metric] of variables) {
      await until(async () => (await prometheus.labelValues(label, metric)).length > 0, 10_000);
    }
  });

  it.each(queries)('%s', async (_name, query) => {
    let values: readonly string[] = [];
    await until(
      async () => {
        values = (await prometheus.query(query)).map(({ value: [, value] }) => value);
        return values.some((value) => Number.isFinite(Number(value)));
      },
      15_000,
      () => `${query} gave [${values.join(', ')}]`,
    );
    expect(values).not.toEqual([]);
  });

  it('a dead worker, and what failed with it, is to be seen', async () => {
    const restarts = 'bentonest_runner_worker_restarts{job="demo"}';
    await until(async () => {
      const samples = await prometheus.query(restarts);
      return samples.some(({ value: [, count] }) => count === '1');
    }, 10_000);
    const failed = await prometheus.query(
      'sum by (http_response_code) (bentoml_api_server_request_total{job="demo",http_response_code!="200"})',
    );
    const codes = failed.map(({ metric }) => metric.http_response_code);
    expect(codes).toEqual(expect.arrayContaining(['400', '404']));
  });

  it('sampled traces of several processes are exemplars that it keeps', async () => {
    const buckets =
      'bentoml_api_server_request_duration_seconds_bucket{job="traced",endpoint="/multiply"}';
    await until(async () => (await prometheus.exemplars(buckets)).length > 0, 10_000);
    const [series] = await prometheus.exemplars(buckets);
    expect(series.exemplars[0].labels).toEqual({ trace_id: 'c'.repeat(32) });
    expect(Number(series.exemplars[0].value)).toBeGreaterThan(0);
  });

  it('reads OpenMetrics of both, under the names of the text format', async () => {
    await until(async () => {
      const up = await prometheus.query('up');
      return up.length === 2 && up.every(({ value: [, isUp] }) => isUp === '1');
    }, 10_000);
    const text = await (await demo.get('/metrics')).text();
    const counter = 'bentoml_runner_request_total';
    expect(text).toContain(`# TYPE ${counter} counter`);
    expect(await prometheus.query(counter)).not.toEqual([]);
  });
});
