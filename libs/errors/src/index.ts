export { BentoError } from './bento.error.js';
export type { BentoErrorOptions } from './bento.error.js';
