/** Lines of Prometheus' text format: a value by what stands before it. */
export class ScrapedMetrics {
  private readonly values: ReadonlyMap<string, number>;

  constructor(readonly text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.values = new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** The value of a series, its labels as they are written. */
  get(series: string): number | undefined {
    return this.values.get(series);
  }

  /** Series whose names and labels match. */
  matching(pattern: RegExp): string[] {
    return [...this.values.keys()].filter((series) => pattern.test(series));
  }

  get count(): number {
    return this.values.size;
  }
}
