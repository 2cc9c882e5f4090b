import { ServiceConfigurationError } from 'bentonest/errors';
import { DTYPES, ORIENTS, isDType } from 'bentonest/tensor';
import type { FrameOptions } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';

/** @throws ServiceConfigurationError that names the option and its cure. */
export function checkFrameOptions(
  kind: string,
  options: FrameOptions & { readonly orient?: string },
): void {
  const { orient, columns, dtypes, applyColumnNames, enforceColumns } = options;
  if (orient !== undefined) checkOneOf(`${kind}() has as orient`, orient, ORIENTS);
  const all = typeof dtypes === 'object' ? Object.values(dtypes) : [dtypes];
  const wrong = all.find((dtype) => dtype !== undefined && !isDType(dtype));
  if (wrong !== undefined) checkOneOf(`${kind}() has as dtype`, wrong, DTYPES);
  if (columns === undefined) {
    const needs = applyColumnNames === true ? 'applyColumnNames' : 'enforceColumns';
    if (applyColumnNames !== true && enforceColumns !== true) return;
    throw new ServiceConfigurationError(
      `${kind}() has ${needs} without columns. Name the columns.`,
    );
  }
  if (new Set(columns).size < columns.length) {
    throw new ServiceConfigurationError(`${kind}() names a column twice in ${columns.join(', ')}.`);
  }
  if (enforceColumns === false || typeof dtypes !== 'object') return;
  const stray = Object.keys(dtypes).find((name) => !columns.includes(name));
  if (stray === undefined) return;
  throw new ServiceConfigurationError(
    `${kind}() has a dtype for the column ${JSON.stringify(stray)}, which is not among its columns ${columns.join(', ')}.`,
  );
}

function checkOneOf(what: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new ServiceConfigurationError(
    `${what} ${describeValue(value)}; expected one of ${known.join(', ')}.`,
  );
}
