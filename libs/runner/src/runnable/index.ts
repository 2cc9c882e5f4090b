export { currentCalls } from './current-calls.js';
export { getLogger } from './get-logger.js';
export { RunnableMethod } from './runnable-method.decorator.js';
export type { RunnableMethodOptions } from './runnable-method.decorator.js';
export type { ExampleCall, Runnable, RunnableClass } from './runnable.js';
export type { CallOrigin } from '../dispatch/call-origin.js';
export type { MethodDescription } from '../wire/frame.js';
