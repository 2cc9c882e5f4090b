/** A rule, broken once, and the same thing done right. */
export interface Offence {
  readonly rule: string;
  /** Where the two files go: `*` stands for their names. */
  readonly file: string;
  /** @default ['offence', 'clean'] */
  readonly names?: readonly [offence: string, clean: string];
  readonly offence: string;
  readonly clean: string;
  /** Files that the two need. */
  readonly with?: Readonly<Record<string, string>>;
}

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
const constants = (count: number): string =>
  Array.from({ length: count }, (_, n) => `export const n${n} = ${n};\n`).join('');
const PROMISE = 'declare function save(): Promise<void>;\n';
const LOOP = 'export function f(n: number): number {\n  for (;;) {\n';
const CASE = "type Shape = 'row' | 'column';\nexport function f(shape: Shape): number {\n";

export const OFFENCES: readonly Offence[] = [
  {
    rule: 'import(no-cycle)',
    file: 'libs/runner/src/cycle/*.ts',
    offence: "import { b } from './offence-b.js';\nexport const a = (): number => b();\n",
    clean: "import { b } from './clean-b.js';\nexport const a = (): number => b();\n",
    with: {
      'libs/runner/src/cycle/offence-b.ts':
        "import { c } from './offence-c.js';\nexport const b = (): number => c();\n",
      'libs/runner/src/cycle/offence-c.ts':
        "import { a } from './offence.js';\nexport const c = (): number => a();\n",
      'libs/runner/src/cycle/clean-b.ts': 'export const b = (): number => 1;\n',
    },
  },
  {
    rule: 'typescript(no-floating-promises)',
    file: 'libs/runner/src/floating-*.ts',
    offence: `${PROMISE}export function f(): void {\n  save();\n}\n`,
    clean: `${PROMISE}export async function f(): Promise<void> {\n  await save();\n}\n`,
  },
  {
    rule: 'typescript(no-misused-promises)',
    file: 'libs/runner/src/misused-*.ts',
    offence: `${PROMISE}export const f = (): number => (save() ? 1 : 2);\n`,
    clean: `${PROMISE}export const f = async (): Promise<number> => ((await save()) === undefined ? 1 : 2);\n`,
  },
  {
    rule: 'typescript(return-await)',
    file: 'libs/runner/src/return-*.ts',
    offence: `${PROMISE}export async function f(): Promise<void> {\n  try {\n    return save();\n  } catch {\n    return undefined;\n  }\n}\n`,
    clean: `${PROMISE}export async function f(): Promise<void> {\n  try {\n    return await save();\n  } catch {\n    return undefined;\n  }\n}\n`,
  },
  {
    rule: 'typescript(only-throw-error)',
    file: 'libs/runner/src/throw-*.ts',
    offence: "export function f(): never {\n  throw 'text';\n}\n",
    clean: "export function f(): never {\n  throw new Error('text');\n}\n",
  },
  {
    rule: 'typescript(prefer-promise-reject-errors)',
    file: 'libs/runner/src/reject-*.ts',
    offence: "export const f = (): Promise<never> => Promise.reject('text');\n",
    clean: "export const f = (): Promise<never> => Promise.reject(new Error('text'));\n",
  },
  {
    rule: 'typescript(no-explicit-any)',
    file: 'libs/tensor/src/any-*.ts',
    offence: 'export const f = (value: any): boolean => value === 1;\n',
    clean: 'export const f = (value: unknown): boolean => value === 1;\n',
  },
  {
    rule: 'typescript(no-non-null-assertion)',
    file: 'libs/tensor/src/non-null-*.ts',
    offence: 'export const f = (values?: number[]): number => values!.length;\n',
    clean: 'export const f = (values?: number[]): number => values?.length ?? 0;\n',
  },
  {
    rule: 'typescript(no-deprecated)',
    file: 'libs/tensor/src/deprecated-*.ts',
    offence:
      '/** @deprecated Use now. */\ndeclare function old(): number;\nexport const f = (): number => old();\n',
    clean: 'declare function now(): number;\nexport const f = (): number => now();\n',
  },
  {
    rule: 'typescript(no-require-imports)',
    file: 'libs/tensor/src/require-*.ts',
    offence:
      "import fs = require('node:fs');\nexport const f = (): boolean => fs.existsSync('x');\n",
    clean: "import fs from 'node:fs';\nexport const f = (): boolean => fs.existsSync('x');\n",
  },
  {
    rule: 'typescript(ban-ts-comment)',
    file: 'libs/tensor/src/comment-*.ts',
    offence: "// @ts-ignore\nexport const f: number = 'text';\n",
    clean: 'export const f: number = 1;\n',
  },
  {
    rule: 'typescript(switch-exhaustiveness-check)',
    file: 'libs/runner/src/switch-*.ts',
    offence: `${CASE}  switch (shape) {\n    case 'row':\n      return 1;\n  }\n  return 2;\n}\n`,
    clean: `${CASE}  switch (shape) {\n    case 'row':\n      return 1;\n    case 'column':\n      return 2;\n  }\n}\n`,
  },
  {
    rule: 'typescript(no-extraneous-class)',
    file: 'libs/bento/src/class-*.ts',
    offence: 'export class Functions {\n  static one(): number {\n    return 1;\n  }\n}\n',
    clean:
      'declare function Module(): ClassDecorator;\n\n@Module()\nexport class BareModule {\n  static one(): number {\n    return 1;\n  }\n}\n',
  },
  {
    rule: 'import(no-unassigned-import)',
    file: 'libs/bento/src/unassigned-*.ts',
    offence: "import './patch.js';\n",
    clean: "import 'reflect-metadata';\n",
  },
  {
    rule: 'import(no-default-export)',
    file: 'libs/bento/src/default-*.ts',
    offence: 'const one = 1;\nexport default one;\n',
    clean: 'export const one = 1;\n',
  },
  {
    rule: 'vitest(expect-expect)',
    file: 'libs/tensor/src/asserts-*.spec.ts',
    offence: "import { it } from 'vitest';\n\nit('is asserted nowhere', () => {});\n",
    clean:
      "import * as fc from 'fast-check';\nimport { it } from 'vitest';\n\nit('is asserted by a property', () => {\n  fc.assert(fc.property(fc.nat(), (n) => n >= 0));\n});\n",
  },
  {
    rule: 'unicorn(filename-case)',
    file: 'libs/tensor/src/*.ts',
    names: ['ndArray', 'nd-array'],
    offence: 'export const one = 1;\n',
    clean: 'export const one = 1;\n',
  },
  {
    rule: 'unicorn(prefer-node-protocol)',
    file: 'libs/tensor/src/protocol-*.ts',
    offence: "export { readFileSync } from 'fs';\n",
    clean: "export { readFileSync } from 'node:fs';\n",
  },
  {
    rule: 'unicorn(no-abusive-eslint-disable)',
    file: 'libs/tensor/src/disable-*.ts',
    offence: '// eslint-disable-next-line\nexport const one = 1;\n',
    clean: '// eslint-disable-next-line max-params\nexport const one = 1;\n',
  },
  {
    rule: 'eslint(eqeqeq)',
    file: 'libs/tensor/src/equal-*.ts',
    offence: 'export const f = (a: number, b: number): boolean => a == b;\n',
    clean: 'export const f = (a: number, b: number): boolean => a === b;\n',
  },
  {
    rule: 'eslint(no-var)',
    file: 'libs/tensor/src/var-*.ts',
    offence: 'export var one = 1;\n',
    clean: 'export const one = 1;\n',
  },
  {
    rule: 'eslint(no-console)',
    file: 'libs/serving/src/console-*.ts',
    offence: "export const f = (): void => console.error('text');\n",
    clean: 'export const f = (log: (text: string) => void): void => log("text");\n',
  },
  {
    rule: 'eslint(no-console)',
    file: 'libs/runner/src/worker/console-*.ts',
    offence: "export const f = (): void => console.log('text');\n",
    clean: "export const f = (): void => console.error('text');\n",
  },
  {
    rule: 'eslint(max-lines)',
    file: 'libs/tensor/src/lines-*.ts',
    offence: constants(301),
    clean: constants(300) + lines(50, '\n// why'),
  },
  {
    rule: 'eslint(max-lines)',
    file: 'libs/tensor/src/lines-*.spec.ts',
    offence: constants(401),
    clean: constants(400),
  },
  {
    rule: 'eslint(max-lines-per-function)',
    file: 'libs/tensor/src/function-*.ts',
    offence: `export function f(add: () => void): void {\n${lines(49, '  add();')}}\n`,
    clean: `export function f(add: () => void): void {\n${lines(48, '  add();\n\n  // why')}}\n`,
  },
  {
    rule: 'eslint(max-params)',
    file: 'libs/tensor/src/params-*.ts',
    offence: 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): number => a + b + c + d + e;\n',
    clean: 'export const f = (a: 1, b: 1, c: 1, d: 1): number => a + b + c + d;\n',
  },
  {
    rule: 'eslint(max-depth)',
    file: 'libs/tensor/src/depth-*.ts',
    offence: `${LOOP}    if (n > 1) {\n      while (n > 2) {\n        if (n > 3) return n;\n      }\n    }\n  }\n}\n`,
    clean: `${LOOP}    if (n > 1) {\n      while (n > 2) return n;\n    }\n  }\n}\n`,
  },
];
