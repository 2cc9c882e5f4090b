import { importPeer } from 'bentonest/errors';
import type { SharpOptions } from 'sharp';

/** sharp, when the first image comes: an optional peer, which takes its time to load. */
export type SharpModule = typeof import('sharp').default;
export type { SharpOptions };

let loading: Promise<SharpModule> | undefined;

/** @throws MissingPeerError when sharp is not installed. */
export async function loadSharp(): Promise<SharpModule> {
  loading ??= importSharp();
  return loading;
}

async function importSharp(): Promise<SharpModule> {
  const { default: sharp } = await importPeer('sharp', 'image()', () => import('sharp'));
  // Requests share no images; and many at once use the cores better than many threads for each.
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}
