import { expect, it } from 'vitest';
import { resolveTracingOptions } from './tracing.options.js';
import type { TracingOptions } from './tracing.options.js';

it('traces every request but those of probes, for an SDK of the application’s own', () => {
  expect(resolveTracingOptions({}, {}, ['/livez'])).toEqual({
    sampleRate: 1,
    excludedUrls: ['/livez'],
    serviceName: 'bentonest',
    exporter: 'none',
    otlp: {},
  });
});

it('takes the service’s name from where OpenTelemetry has it, or from the options', () => {
  const env = { OTEL_SERVICE_NAME: 'iris' };
  expect(resolveTracingOptions({}, env, []).serviceName).toBe('iris');
  expect(resolveTracingOptions({ serviceName: 'mine' }, env, []).serviceName).toBe('mine');
});

it.each<[TracingOptions, string]>([
  [{ sampleRate: 1.5 }, 'Expected tracing.sampleRate to be a number from 0 to 1, got 1.5.'],
  [{ sampleRate: NaN }, 'Expected tracing.sampleRate to be a number from 0 to 1, got null.'],
  [
    { exporter: 'jaeger' as never },
    `Expected tracing.exporter to be 'none' or 'otlp', got "jaeger".`,
  ],
  [
    { otlp: { endpoint: 'me:secret@localhost:4318' } },
    'Expected tracing.otlp.endpoint to be a URL with http or https, got another text (it is not shown, for it may hold credentials).',
  ],
  [
    { otlp: { timeoutMs: 0 } },
    'Expected tracing.otlp.timeoutMs to be a whole number of milliseconds from 1, got 0.',
  ],
])('refuses %j', (options, message) => {
  expect(() => resolveTracingOptions(options, {}, [])).toThrow(message);
});
