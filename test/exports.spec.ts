import { expect, it } from 'vitest';
import { SUBPATHS } from './architecture/house.js';

/** `<subpath> <name>`, one a line: what a user can import, types aside. */
const surface: string[] = [];

it.each([...SUBPATHS.keys()])(
  '%s can be imported and has something in it',
  async (subpath) => {
    const names = Object.keys((await import(subpath)) as Record<string, unknown>);
    expect(names).not.toEqual([]);
    surface.push(...names.toSorted().map((name) => `${subpath} ${name}`));
    // The first loads nearly all of the house: on a busy machine, more than the default of 5 s.
  },
  60_000,
);

// A change of the public surface is a change of test/exports.txt, where a review sees it.
// Where it is meant: npx vitest run test/exports.spec.ts -u (before the path, -u would take it for its value, and all tests would run)
it('the subpaths export what test/exports.txt says', async () => {
  await expect(`${surface.join('\n')}\n`).toMatchFileSnapshot('./exports.txt');
});
