import { formatBytes } from './table.js';

/** What a progress bar is written to: `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What takes less shows no bar. */
const PATIENCE_MS = 1000;
const INTERVAL_MS = 100;
const BAR_WIDTH = 24;

/** One line of a bar: how much is done, of how much, and how fast. */
export function progressLine(
  label: string,
  { done, total, elapsedMs }: { done: number; total?: number; elapsedMs: number },
): string {
  const rate = `${formatBytes(Math.round(done / Math.max(elapsedMs / 1000, 0.001)))}/s`;
  if (total === undefined || total <= 0) return `${label}  ${formatBytes(done)}  ${rate}`;
  const part = Math.min(1, done / total);
  const filled = Math.round(part * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  return `${label}  ${bar} ${percent}  ${formatBytes(done)} of ${formatBytes(total)}  ${rate}`;
}

/** Shows on a terminal, after a second, how far something is; elsewhere it shows nothing. */
export class ProgressBar {
  private readonly startedAt: number;
  private shownAt = -Infinity;
  private shown = false;

  constructor(
    private readonly label: string,
    private readonly stream: ProgressStream = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.startedAt = this.now();
  }

  /** Bytes done, and of how many where that is known. */
  readonly update = (done: number, total?: number): void => {
    const now = this.now();
    const elapsedMs = now - this.startedAt;
    const early = elapsedMs < PATIENCE_MS || now - this.shownAt < INTERVAL_MS;
    if (this.stream.isTTY !== true || early) return;
    this.shownAt = now;
    this.shown = true;
    const line = progressLine(this.label, { done, total, elapsedMs });
    // A line that wraps could not be taken back; a terminal of no columns has not told them.
    this.stream.write(`\r\u001b[K${line.slice(0, (this.stream.columns || 80) - 1)}`);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.shown) this.stream.write('\r\u001b[K');
    this.shown = false;
  }
}
