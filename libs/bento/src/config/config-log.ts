import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Config } from 'bentonest/config';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { SERVED } from '../bento.tokens.js';

/** Variables that a main.ts reads itself, as a rule. */
const USUAL = ['PORT', 'HOST'];

/** Says at start what was set outside of the code, and where, secrets hidden. */
@Injectable()
export class ConfigLog implements OnApplicationBootstrap {
  private readonly logger = new Logger('Config');

  constructor(
    private readonly config: Config,
    @Optional() @Inject(RUNNER_SHARING) private readonly sharing?: RunnerSharing,
    @Optional() @Inject(SERVED) private readonly isServed = false,
  ) {}

  onApplicationBootstrap(): void {
    // Of several processes, the first has said it.
    if (this.sharing?.role === 'caller') return;
    for (const { path, value, source } of this.config.entries) {
      if (source !== 'default') this.logger.log(`${path} = ${JSON.stringify(value)} (${source})`);
    }
    if (!this.isServed) this.warnOfIdleKeys();
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
