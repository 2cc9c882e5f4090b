import { Config, ConfigError, loadConfig } from 'bentonest/config';
import type { ConfigValues } from 'bentonest/config';

/** The configuration, or why there is none: told when the application is made, not when its module is imported. */
interface ReadConfig {
  readonly values: ConfigValues;
  readonly orThrow: () => Config;
}

export function readConfig(): ReadConfig {
  try {
    const config = loadConfig();
    return { values: config.values, orThrow: () => config };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const orThrow = (): never => {
      throw error;
    };
    return { values: {}, orThrow };
  }
}
