import { Global, Module } from '@nestjs/common';
import { RunnerRegistry } from 'bentonest/runner';

/** What BentoModule.forRoot() brings, in the specs of its parts: an application without runners. */
@Global()
@Module({
  providers: [{ provide: RunnerRegistry, useFactory: () => new RunnerRegistry() }],
  exports: [RunnerRegistry],
})
export class NoRunnersModule {}
