interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The media type of an answer: the one that the client's Accept header prefers of those offered, the
 * first offered where it names none of them. A result in the default type serves a client better
 * than 406.
 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string {
  const fallback = offered[0] ?? '';
  if (accept === undefined || accept === '*/*' || accept === fallback) return fallback;
  const ranges = accept.split(',').map((range) => parseRange(range));
  let best = fallback;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  return best;
}

function parseRange(range: string): MediaRange {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const value = quality === undefined ? 1 : Number(quality);
  return { type, quality: Number.isFinite(value) ? value : 0 };
}

/** The most specific range counts (RFC 9110, 12.5.1). */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const wanted = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
  for (const candidate of wanted) {
    const range = ranges.find((each) => each.type === candidate);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
