import type { Provider } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { RunnerDefinition } from '../runner.definition.js';
import { RunnerHost } from '../runner-host.js';
import type { Runner } from '../runner.js';
import { RunnerRegistry } from './runner-registry.js';
import { getRunnerToken } from './runner.tokens.js';

/** The provider of a runner's handle; its host starts and stops with the application. */
export function createRunnerProvider(definition: RunnerDefinition): Provider<Runner> {
  return {
    provide: getRunnerToken(definition.name),
    inject: [{ token: RunnerRegistry, optional: true }],
    useFactory: (registry: RunnerRegistry | undefined) => {
      if (registry === undefined) {
        throw new ServiceConfigurationError(
          `Runner "${definition.name}" is registered, but the application has no BentoModule.forRoot(). Add BentoModule.forRoot() to the imports of the application module.`,
        );
      }
      const host = new RunnerHost(registry.configure(definition), registry.sharing);
      registry.add(host);
      return host.runner;
    },
  };
}
