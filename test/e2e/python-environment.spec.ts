import { expect, it } from 'vitest';
import { isAbsence } from './python-environment.js';

it.each([
  'ERROR: Could not find a version that satisfies the requirement numpy (from versions: none)',
  "WARNING: Retrying after connection broken by 'NewConnectionError(<HTTPSConnection>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution)'",
  'error: Failed to fetch: `https://pypi.org/simple/numpy/` Caused by: dns error',
  'Error: spawn python3 ENOENT',
  'The virtual environment was not created successfully because ensurepip is not available.',
])('is a reason to skip: %s', (output) => {
  expect(isAbsence(output)).toBe(true);
});

it.each([
  'ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies. ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/',
  'No solution found when resolving dependencies: because a==1 depends on b>2, your requirements are unsatisfiable.',
  'ERROR: No matching distribution found for numpy==99 (from versions: 1.26.0, 2.0.0)',
  "ModuleNotFoundError: No module named 'numpy.connection'",
])('is a fault: %s', (output) => {
  expect(isAbsence(output)).toBe(false);
});
