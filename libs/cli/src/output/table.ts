/** A width for what a terminal shows in two columns, such as CJK and emoji, as wcwidth has it. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text.normalize('NFC')) {
    if (/\p{M}/u.test(char)) continue;
    width += WIDE.test(char) ? 2 : 1;
  }
  return width;
}

/** Text of a model.yaml must not move the cursor or colour the terminal. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\ufffd');

/**
 * Rows under a heading, in columns as wide as their widest cell. Columns of numbers stand to the right.
 *
 * @param right indexes of columns that stand to the right
 */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = [heading, ...rows].map((row) => row.map(printable));
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  const lines = cells.map((row) =>
    heading
      .map((_, column) => {
        const cell = row[column] ?? '';
        const gap = ' '.repeat(widths[column] - displayWidth(cell));
        return right.includes(column) ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Names and values, one pair a line. */
export function formatPairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => displayWidth(name)));
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`.trimEnd() + '\n')
    .join('');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1536` → `1.50 KiB`, as BentoML writes sizes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // Against 999.5, so that rounding never gives 1000 KiB for what is 0.98 MiB.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toPrecision(3)} ${UNITS[unit]}`;
}

/** A time in the reader's own zone, to the second: `2026-11-23 23:28:01`. */
export function formatTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
