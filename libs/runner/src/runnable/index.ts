export { RunnableMethod } from './runnable-method.decorator.js';
export type { RunnableMethodOptions } from './runnable-method.decorator.js';
export type { ExampleCall, Runnable, RunnableClass } from './runnable.js';
export type { MethodDescription } from '../wire/frame.js';
