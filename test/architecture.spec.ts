import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AREAS, EVERY_IMPORT, SPECIFIERS } from './architecture/areas.js';
import { HOUSE, LIBS, ROOT, RUNNABLES, SUBPATHS, libOf } from './architecture/house.js';
import { loadedBy } from './architecture/import-graph.js';
import { OFFENCES } from './architecture/offences.js';
import type { Offence } from './architecture/offences.js';
import { lint } from './architecture/oxlint.js';
import type { Diagnostic } from './architecture/oxlint.js';

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

const config = JSON.parse(readFileSync(`${ROOT}.oxlintrc.json`, 'utf8')) as {
  rules: Readonly<Record<string, unknown>>;
  overrides: readonly Override[];
};

const RESTRICTED = 'eslint(no-restricted-imports)';

/** The offending file of a rule, and the clean one. */
const pathsOf = ({ file, names = ['offence', 'clean'] }: Offence): string[] =>
  names.map((name) => file.replace('*', name));

function probes(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file } of AREAS) files[file] = EVERY_IMPORT;
  for (const offence of OFFENCES) {
    const [offending = '', clean = ''] = pathsOf(offence);
    Object.assign(files, offence.with, { [offending]: offence.offence, [clean]: offence.clean });
  }
  return files;
}

let findings: ReadonlyMap<string, readonly Diagnostic[]>;

// One run of the real linter, for start-up is most of its cost.
beforeAll(async () => {
  findings = await lint(probes());
}, 60_000);

describe('the house', () => {
  it('has only edges to a row above, so that no cycle can form', () => {
    const rows = Object.keys(HOUSE);
    for (const [index, lib] of rows.entries()) {
      expect(rows.slice(0, index), `what libs/${lib} may import`).toEqual(
        expect.arrayContaining([...(HOUSE[lib] ?? [])]),
      );
    }
  });

  it('has a row for every folder in libs', () => {
    expect(Object.keys(HOUSE)).toEqual(expect.arrayContaining([...LIBS]));
  });

  it('has one entry in .oxlintrc.json for every folder in libs, and none without a folder', () => {
    const entries = config.overrides
      .flatMap(({ files, rules }) => ('no-restricted-imports' in rules ? files : []))
      .flatMap((glob) => /^libs\/([^/]+)\/src\/\*\*$/.exec(glob)?.[1] ?? []);
    expect(entries.toSorted()).toEqual(LIBS.toSorted());
  });

  it.each(AREAS)('$file may import what its row allows and nothing else', ({ file, may, says }) => {
    const refusals = findings.get(file) ?? [];
    expect([...new Set(refusals.map(({ code }) => code))]).toEqual([RESTRICTED]);
    const refused = new Set(refusals.map(({ line }) => SPECIFIERS[line - 1]));
    expect(SPECIFIERS.filter((specifier) => !refused.has(specifier)).toSorted()).toEqual(
      SPECIFIERS.filter((specifier) => may.includes(specifier)).toSorted(),
    );
    if (says === undefined) return;
    const toLibs = refusals.filter(({ line }) => SPECIFIERS[line - 1]?.startsWith('bentonest'));
    for (const { help } of toLibs) expect(help).toContain(says);
  });
});

describe('each rule, broken once', () => {
  it('has an offence for every rule that .oxlintrc.json names', () => {
    const on = [config.rules, ...config.overrides.map(({ rules }) => rules)]
      .flatMap((rules) => Object.entries(rules))
      .filter(([name, setting]) => setting !== 'off' && name !== 'no-restricted-imports')
      .map(([name]) => (name.includes('/') ? name : `eslint/${name}`).replace(/\/(.*)/, '($1)'));
    expect([...new Set(OFFENCES.map(({ rule }) => rule))].toSorted()).toEqual(
      [...new Set(on)].toSorted(),
    );
  });

  it.each(OFFENCES)('$rule in $file', (offence) => {
    const [offending = '', clean = ''] = pathsOf(offence);
    expect(findings.get(offending)?.map(({ code }) => code)).toEqual([offence.rule]);
    expect(findings.get(clean) ?? []).toEqual([]);
  });
});

describe('the two sides', () => {
  it.each(['libs/runner/src/worker/main.ts', ...RUNNABLES])(
    '%s loads no package before it has to, in the worker process',
    (entry) => {
      const packages = [...loadedBy(entry).packages.keys()];
      expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
    },
  );

  it('bentonest loads no runnable, no worker and no onnxruntime in the API process', () => {
    const { files, packages } = loadedBy('libs/bento/src/index.ts');
    expect([...files].filter((file) => /\.runnable\.ts$|\/worker\/main\.ts$/.test(file))).toEqual(
      [],
    );
    expect([...packages.keys()]).not.toContain('onnxruntime-node');
  });

  it('bentonest loads @nestjs/swagger, which costs more than all else, when a document is asked for', () => {
    const { packages } = loadedBy('libs/bento/src/index.ts');
    expect([...packages.keys()]).not.toContain('@nestjs/swagger');
    expect([...packages.keys()]).toContain('@nestjs/core');
  });

  it('the command loads commander only, until it knows what it is to do', () => {
    const packages = [...loadedBy('libs/cli/src/main.ts').packages.keys()];
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
  });

  it('has a lint entry for the runnables of every lib that has one', () => {
    const entries = AREAS.map(({ file }) => file);
    for (const file of RUNNABLES.filter((runnable) => runnable.startsWith('libs/'))) {
      expect(entries).toContain(file.replace(/src\/.*/, 'src/edges.runnable.ts'));
    }
  });
});

describe.each(LIBS)('libs/%s', (lib) => {
  const folder = `${ROOT}libs/${lib}/`;
  const indexes = [...SUBPATHS].filter(([subpath]) => libOf(subpath) === lib);

  it('has a README', () => {
    expect(existsSync(`${folder}README.md`)).toBe(true);
  });

  it.each(indexes)('%s names each of its exports', (_, { source }) => {
    expect(readFileSync(ROOT + source, 'utf8')).not.toMatch(/^\s*export\s*\*/m);
  });

  it('is a subpath in package.json and a project in nest-cli.json', () => {
    const name = lib === 'bento' ? 'bentonest' : `bentonest/${lib}`;
    expect(SUBPATHS.get(name)).toEqual({
      source: `./libs/${lib}/src/index.ts`,
      types: `./dist/libs/${lib}/src/index.d.ts`,
      default: `./dist/libs/${lib}/src/index.js`,
    });
    expect(readFileSync(`${ROOT}nest-cli.json`, 'utf8')).toContain(`"root": "libs/${lib}"`);
  });
});
