export { Config, loadConfig } from './config.js';
export type { ConfigEntry, LoadConfigOptions } from './config.js';
export { ConfigError } from './config.errors.js';
export { renderConfigPage } from './schema/config-page.js';
export { mergeConfig } from './merge.js';
export type { Partly } from './merge.js';
export type { RunnerConfig } from './schema/runner.js';
export type { ServiceConfig } from './schema/service.js';
export type { ConfigValues } from './schema/schema.js';
