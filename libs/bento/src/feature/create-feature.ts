import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import { RunnerRegistry, createRunnerProvider, getRunnerToken } from 'bentonest/runner';
import type { RunnerDefinition } from 'bentonest/runner';
import { createController } from 'bentonest/serving';
import type { ServiceClass } from 'bentonest/serving';
import type { ConfigValues } from 'bentonest/config';
import { readConfig } from '../config/read-config.js';
import { createModelProvider, getModelToken } from '../models/bento-model.js';
import type { ModelDefinition } from '../models/bento-model.js';
import { controlledServices, registeredRunners, registeredServices } from './registrations.js';
import { createRunnerChecks } from './runner-check.js';
import { settingsOf } from './service-settings.js';

/** Options of `BentoModule.forFeature`: an ordinary module, with services and runners. */
export interface BentoFeatureOptions extends Pick<
  DynamicModule,
  'imports' | 'providers' | 'exports' | 'controllers'
> {
  /** Classes decorated with `@BentoService`: each is a provider, and is served. */
  services?: readonly ServiceClass[];
  /** Runners, by `onnxRunner(…)` or `nodeRunner(…)`: exported with the module. */
  runners?: readonly RunnerDefinition[];
  /** Models to inject, by `bentoModel(tag)`: exported with the module. */
  models?: readonly ModelDefinition[];
}

export function createFeature(module: DynamicModule['module'], options: BentoFeatureOptions) {
  const { values } = readConfig();
  const { imports = [], providers = [], exports = [], controllers = [] } = options;
  const { services = [], runners = [], models = [] } = options;
  refuseDuplicates(runners);
  for (const { name } of runners) registeredRunners.add(name);
  for (const service of services) registeredServices.add(service);
  return {
    module,
    imports,
    controllers: [...controllers, ...services.map((service) => controllerOf(service, values))],
    providers: [
      rootCheck,
      ...providers,
      ...runners.map((runner) => createRunnerProvider(runner)),
      ...models.map((model) => createModelProvider(model)),
      ...services.flatMap((service) => [
        service as unknown as Provider,
        ...createRunnerChecks(service),
      ]),
    ],
    exports: [
      ...exports,
      ...services.map((service) => service as never),
      ...runners.map(({ name }) => getRunnerToken(name)),
      ...models.map(({ tag }) => getModelToken(tag)),
    ],
  } satisfies DynamicModule;
}

function controllerOf(service: ServiceClass, values: ConfigValues): Type {
  const controller = createController(service, settingsOf(service, values));
  controlledServices.set(controller, service);
  return controller;
}

/** Nest would keep the last of two providers with one token, and say nothing. */
function refuseDuplicates(runners: readonly RunnerDefinition[]): void {
  const names = runners.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ServiceConfigurationError(
    `Runner "${twice}" is listed twice in one forFeature. Remove one, or give it another name.`,
  );
}

const rootCheck: Provider = {
  provide: Symbol('bentonest.root-check'),
  inject: [{ token: RunnerRegistry, optional: true }],
  useFactory: (registry: RunnerRegistry | undefined) => {
    if (registry !== undefined) return true;
    throw new ServiceConfigurationError(
      'BentoModule.forFeature is imported without BentoModule.forRoot(). Add BentoModule.forRoot() to the imports of the application module.',
    );
  },
};
