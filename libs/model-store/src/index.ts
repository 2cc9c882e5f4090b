import { resolve } from 'node:path';
export async function resolveModel(reference: string, _options: { home?: string } = {}): Promise<{ file: string }> { return { file: resolve(reference) }; }
