import { BentoError } from 'bentonest/errors';

/** How what an indicator asks is. */
export interface IndicatorState {
  readonly name: string;
  readonly isReady: boolean;
  /** Why it is not. */
  readonly reason?: string;
}

interface CheckOptions {
  readonly name: string;
  readonly check: () => unknown;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
}

interface Log {
  log(message: string): void;
  warn(message: string, cause?: string): void;
}

/**
 * Asks one indicator. Those who ask at the same time, or shortly after, share an answer, and a check that
 * hangs is neither waited for twice nor started again.
 */
export class ReadinessCheck {
  private last: { readonly state: IndicatorState; readonly at: number } | undefined;
  private running: Promise<IndicatorState> | undefined;
  private isHanging = false;

  constructor(
    private readonly options: CheckOptions,
    private readonly logger: Log,
  ) {}

  async read(): Promise<IndicatorState> {
    const { last, options } = this;
    if (this.isHanging) return this.late();
    if (last !== undefined && performance.now() - last.at < options.maxAgeMs) return last.state;
    this.running ??= this.run();
    return this.running;
  }

  private async run(): Promise<IndicatorState> {
    const { timeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<IndicatorState>((resolve) => {
      timer = setTimeout(() => {
        this.isHanging = true;
        resolve(this.late());
      }, timeoutMs);
    });
    const asked = this.ask().then((state) => {
      this.isHanging = false;
      return state;
    });
    const state = await Promise.race([asked, late]);
    clearTimeout(timer);
    this.running = undefined;
    this.note(state);
    return state;
  }

  private async ask(): Promise<IndicatorState> {
    const { name, check } = this.options;
    try {
      const result = await check();
      return result === false ? { name, isReady: false } : { name, isReady: true };
    } catch (error) {
      const reason = error instanceof BentoError ? error.message : 'its check failed';
      if (this.last?.state.reason !== reason) {
        this.logger.warn(
          `The check of ${name} failed`,
          error instanceof Error ? error.stack : String(error),
        );
      }
      return { name, isReady: false, reason };
    }
  }

  private late(): IndicatorState {
    const { name, timeoutMs } = this.options;
    return { name, isReady: false, reason: `it gave no answer within ${timeoutMs} ms` };
  }

  private note(state: IndicatorState): void {
    const wasReady = this.last?.state.isReady;
    this.last = { state, at: performance.now() };
    if (state.isReady && wasReady === false) this.logger.log(`${state.name} is ready again`);
  }
}
