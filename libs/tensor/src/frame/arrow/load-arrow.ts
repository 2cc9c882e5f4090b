import { importPeer } from 'bentonest/errors';
import type { ArrowModule } from './arrow-types.js';

/** @throws MissingPeerError */
export function loadArrow(): Promise<ArrowModule> {
  return importPeer(
    'apache-arrow',
    'application/vnd.apache.arrow.stream',
    () => import('apache-arrow'),
  );
}
