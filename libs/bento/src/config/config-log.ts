import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Config } from 'bentonest/config';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';

/** Says at start what was set outside of the code, and where, secrets hidden. */
@Injectable()
export class ConfigLog implements OnApplicationBootstrap {
  private readonly logger = new Logger('Config');

  constructor(
    private readonly config: Config,
    @Optional() @Inject(RUNNER_SHARING) private readonly sharing?: RunnerSharing,
  ) {}

  onApplicationBootstrap(): void {
    // Of several processes, the first has said it.
    if (this.sharing?.role === 'caller') return;
    for (const { path, value, source } of this.config.entries) {
      if (source !== 'default') this.logger.log(`${path} = ${JSON.stringify(value)} (${source})`);
    }
  }
}
