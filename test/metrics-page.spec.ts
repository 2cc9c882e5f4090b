import { readFile } from 'node:fs/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { BentoModule } from 'bentonest';
import { register } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** The rows of the tables of metrics; `the same` is the row above. */
function readRows(page: string): readonly Row[] {
  const rows: Row[] = [];
  const lines = page.matchAll(
    /^\| `(?<name>bento\w+)` +\| (?<type>counter|gauge|histogram) +\| (?<labels>[^|]+)\|/gm,
  );
  for (const { groups = {} } of lines) {
    const labels = [...groups.labels.matchAll(/`(\w+)`/g)].map(([, label]) => label);
    const isSame = groups.labels.trim() === 'the same';
    rows.push({
      name: groups.name,
      type: groups.type,
      labels: isSame ? (rows.at(-1)?.labels ?? []) : labels.toSorted(),
    });
  }
  return rows;
}

async function readRegistry(): Promise<readonly Row[]> {
  const imports = [BentoModule.forRoot({ unregisteredServices: 'ignore' })];
  const testing = await Test.createTestingModule({ imports }).compile();
  const app = testing.createNestApplication(new FastifyAdapter(), { logger: false });
  onTestFinished(async () => {
    await app.close();
    register.clear();
  });
  await app.init();
  const metrics = await register.getMetricsAsJSON();
  return metrics
    .filter(({ name }) => name.startsWith('bento'))
    .map(({ name, type }) => {
      const { labelNames } = register.getSingleMetric(name) as unknown as {
        readonly labelNames: readonly string[];
      };
      return { name, type: String(type), labels: labelNames.toSorted() };
    });
}

const byName = (a: Row, b: Row): number => a.name.localeCompare(b.name);

it('docs/metrics.md has every metric with its type and its labels, and no other', async () => {
  const page = await readFile(new URL('../docs/metrics.md', import.meta.url), 'utf8');
  expect(readRows(page).toSorted(byName)).toEqual((await readRegistry()).toSorted(byName));
});
