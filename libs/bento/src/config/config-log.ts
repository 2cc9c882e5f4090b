import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Config } from 'bentonest/config';
import { RUNNER_SHARING, RunnerRegistry } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import type { BentoExtras } from '../bento.options.js';
import { CODE_OPTIONS, SERVE_OPTIONS } from '../bento.tokens.js';
import { servedServices } from '../feature/registrations.js';
import type { ServeOptions } from '../serve/serve.options.js';
import { rootLayer, runnersLayer, serveLayer, servicesLayer } from './code-layers.js';

/** Variables that a main.ts reads itself, as a rule. */
const USUAL = ['PORT', 'HOST'];

/** Says at start what is set, and where: in the environment, the file or the code, secrets hidden. */
@Injectable()
export class ConfigLog implements OnModuleInit {
  private readonly logger = new Logger('Config');

  @Optional() @Inject(SERVE_OPTIONS) private readonly serve?: ServeOptions;
  @Optional() @Inject(RUNNER_SHARING) private readonly sharing?: RunnerSharing;

  constructor(
    private readonly config: Config,
    @Inject(CODE_OPTIONS) private readonly code: BentoExtras,
    private readonly runners: RunnerRegistry,
    private readonly modules: ModulesContainer,
  ) {}

  // Before runners are started: why one cannot be may be seen there.
  onModuleInit(): void {
    // Of several processes, the first has said it.
    if (this.sharing?.role === 'caller') return;
    const { values } = this.config;
    const { entries } = this.config.over([
      serveLayer(this.serve ?? {}),
      rootLayer(this.code),
      runnersLayer(this.runners.given),
      servicesLayer(servedServices(this.modules), values),
    ]);
    for (const { path, value, source } of entries) {
      if (source !== 'default') this.logger.log(`${path} = ${JSON.stringify(value)} (${source})`);
    }
    if (this.serve === undefined) this.warnOfIdleKeys();
  }

  private warnOfIdleKeys(): void {
    const idle = this.config.entries.filter(
      ({ source, needsServe }) => needsServe && source !== 'default' && !USUAL.includes(source),
    );
    if (idle.length === 0) return;
    const names = idle.map(({ path, source }) => `${path} (${source})`).join(', ');
    this.logger.warn(
      `Set, but not applied: ${names}. Only serve() of bentonest applies them: start the application by serve(AppModule), or remove them.`,
    );
  }
}
