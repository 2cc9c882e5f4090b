import { Optional } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import { RunnerNotRegisteredError, getRunnerInjections, getRunnerToken } from 'bentonest/runner';
import type { RunnerInjection } from 'bentonest/runner';
import type { ServiceClass } from 'bentonest/serving';
import { registeredRunners } from './registrations.js';

/**
 * A provider that fails the start when a service injects a runner that its module cannot see, in
 * words that name class and cure; Nest's own message would name a symbol and an index.
 */
export function createRunnerChecks(service: ServiceClass): Provider[] {
  return getRunnerInjections(service).map((injection) => {
    makeOptional(service, injection);
    return {
      provide: Symbol(`bentonest.runner-check.${service.name}.${injection.runner}`),
      inject: [{ token: getRunnerToken(injection.runner), optional: true }],
      useFactory: (runner: unknown) => {
        if (runner === undefined) throw notRegistered(service, injection);
        return true;
      },
    };
  });
}

function makeOptional(service: ServiceClass, { property, parameterIndex }: RunnerInjection): void {
  if (parameterIndex === undefined) Optional()(service.prototype as object, property as string);
  else Optional()(service, undefined, parameterIndex);
}

function notRegistered(service: ServiceClass, injection: RunnerInjection): Error {
  const { runner, property, parameterIndex } = injection;
  const place =
    parameterIndex === undefined
      ? `in property ${String(property)}`
      : `in parameter ${parameterIndex} of its constructor`;
  const known = [...registeredRunners].map((name) => `"${name}"`).join(', ') || 'none';
  return new RunnerNotRegisteredError(
    `${service.name} injects runner "${runner}" ${place}, which its module does not have. Add it to runners of BentoModule.forFeature, e.g. onnxRunner('${runner}', { model: '${runner}:latest' }), or import the module that has it: forFeature({ imports: [ThatModule] }). Registered in this process: ${known}.`,
    { details: { service: service.name, runner } },
  );
}
