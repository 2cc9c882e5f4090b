import type { FactoryProvider, Type } from '@nestjs/common';
import { getToken } from '@willsoto/nestjs-prometheus';

/** A provider made of metrics, which are injected by their names. */
export function provideWithMetrics<Metrics extends object>(
  provide: Type,
  names: Readonly<Record<keyof Metrics & string, string>>,
  make: (metrics: Metrics) => unknown,
): FactoryProvider {
  const keys = Object.keys(names) as (keyof Metrics & string)[];
  return {
    provide,
    inject: keys.map((key) => getToken(names[key])),
    useFactory: (...metrics: unknown[]) =>
      make(Object.fromEntries(keys.map((key, at) => [key, metrics[at]])) as Metrics),
  };
}
