import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { start } from './cli-process.js';
import { freePort, until } from './served-app.js';

// s3rver: an S3 server of the registry, which keeps objects in a folder.
const S3RVER = join(
  dirname(createRequire(import.meta.url).resolve('s3rver/package.json')),
  'bin/s3rver.js',
);

/** Starts a server with the bucket `models`, which keeps its objects in a folder. */
export async function startS3(
  folder: string,
): Promise<{ endpoint: string; env: Record<string, string>; stop: () => Promise<unknown> }> {
  const port = await freePort();
  const args = ['-d', folder, '-a', '127.0.0.1', '-p', String(port)];
  const server = start(process.execPath, [S3RVER, ...args, '--configure-bucket', 'models']);
  const endpoint = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(endpoint)).status > 0, 20_000, server.output);
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'S3RVER',
  };
  const stop = (): Promise<unknown> => {
    server.child.kill('SIGKILL');
    return server.outcome;
  };
  return { endpoint, env, stop };
}
