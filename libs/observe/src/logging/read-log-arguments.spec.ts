import { expect, it } from 'vitest';
import { readLogArguments } from './read-log-arguments.js';

const error = new Error('boom');
const STACK = 'Error: boom\n    at here';

it.each<[what: string, args: unknown[], expected: object]>([
  ['a message', ['hello'], { fields: {}, text: 'hello' }],
  ['a context', ['hello', 'Prices'], { fields: { context: 'Prices' }, text: 'hello' }],
  ['an empty context', ['hello', ''], { fields: {}, text: 'hello' }],
  [
    'fields',
    ['hello', { count: 2 }, { more: null }, 'Prices'],
    { fields: { context: 'Prices', count: 2, more: null }, text: 'hello' },
  ],
  ['fields alone', [{ count: 2 }, 'Prices'], { fields: { context: 'Prices', count: 2 }, text: '' }],
  [
    'fields with names of the line’s own',
    ['hello', { level: 'high', time: 1, pid: 2, msg: 3, context: 4 }, 'Prices'],
    {
      fields: { context: 'Prices', level_: 'high', time_: 1, pid_: 2, msg_: 3, context_: 4 },
      text: 'hello',
    },
  ],
  ['an error', [error, 'Prices'], { fields: { context: 'Prices', err: error }, text: 'boom' }],
  [
    'a message and an error',
    ['failed', error, 'Prices'],
    { fields: { context: 'Prices', err: error }, text: 'failed' },
  ],
  [
    'a message and a stack, as Nest logs errors',
    ['boom', STACK, 'Prices'],
    { fields: { context: 'Prices', err: { stack: STACK } }, text: 'boom' },
  ],
  [
    'a stack without a context',
    ['boom', STACK],
    { fields: { err: { stack: STACK } }, text: 'boom' },
  ],
  [
    'no stack where there might be one',
    ['boom', undefined, 'Prices'],
    { fields: { context: 'Prices' }, text: 'boom' },
  ],
  ['more to say', ['a', 'b', 3, 'Prices'], { fields: { context: 'Prices' }, text: 'a b 3' }],
])('reads %s', (_what, [message, ...rest], expected) => {
  expect(readLogArguments(message, rest)).toEqual(expected);
});
