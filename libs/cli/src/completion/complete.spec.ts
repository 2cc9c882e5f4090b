import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { complete } from './complete.js';

const TAGS = ['iris:v2', 'iris:v1', 'mlp:v1'];

/** What could follow a line, whose last word is the one that Tab is pressed in. */
const after = (line: string): Promise<string[]> =>
  complete(createProgram(), line.split(' '), () => Promise.resolve(TAGS));

const noStore = (line: string): Promise<string[]> =>
  complete(createProgram(), line.split(' '), () => Promise.reject(new Error('not asked for')));

describe('complete', () => {
  it.each([
    ['', ['models', 'serve', 'new', 'config', 'env', 'completion']],
    ['s', ['serve']],
    ['models i', ['import']],
    ['models get --h', ['--home', '--help']],
    ['models list -o y', ['yaml']],
    ['models list --output ', ['table', 'json', 'yaml']],
    ['models get --home ', []],
    ['models import ', []],
    ['new ', []],
    ['completion z', ['zsh']],
    ['nothing like it ', []],
  ])('%j without a look at the store', async (line, found) => {
    expect(await noStore(line)).toEqual(found);
  });

  it.each([
    ['models get ', TAGS],
    ['models get --home /tmp iris:', ['iris:v2', 'iris:v1']],
    ['models get iris:v1 ', []],
    ['models list ', ['iris', 'mlp']],
    ['models delete mlp:v1 iris:v', ['iris:v2', 'iris:v1']],
    ['models push m', ['mlp:v1']],
    ['models push mlp:v1 ', []],
    ['models export -f tar m', ['mlp:v1']],
  ])('%j from the store', async (line, found) => {
    expect(await after(line)).toEqual(found);
  });
});
