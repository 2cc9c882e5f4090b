import { basename } from 'node:path';
import type { Profiler } from 'node:inspector';
import { rounded } from './statistics.js';

export interface ProfileRow {
  readonly function: string;
  readonly at: string;
  /** Of the samples, that ended in this function itself. */
  readonly percent: number;
  readonly usPerCall: number;
}

const SHOWN = 25;

/** The functions of a CPU profile by their own time, which add up to `totalUs`. */
export function summariseProfile(profile: Profiler.Profile, totalUs: number): ProfileRow[] {
  const total = profile.samples?.length ?? 0;
  const hits = new Map<string, { frame: Profiler.ProfileNode['callFrame']; count: number }>();
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    const key = `${callFrame.functionName} ${callFrame.url}:${callFrame.lineNumber}`;
    const known = hits.get(key);
    if (known === undefined) hits.set(key, { frame: callFrame, count: hitCount });
    else known.count += hitCount;
  }
  return [...hits.values()]
    .toSorted((a, b) => b.count - a.count)
    .slice(0, SHOWN)
    .map(({ frame, count }) => ({
      function: frame.functionName || '(anonymous)',
      at: frame.url === '' ? '' : `${basename(frame.url)}:${frame.lineNumber + 1}`,
      percent: rounded((count / total) * 100),
      usPerCall: rounded((count / total) * totalUs),
    }));
}
