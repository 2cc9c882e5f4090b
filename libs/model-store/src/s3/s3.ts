import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { BentoError, importPeer } from 'bentonest/errors';
import type { S3Client } from '@aws-sdk/client-s3';
import { InvalidModelSourceError, ModelTransferError } from '../model-store.errors.js';
import { quote } from '../quote.js';

/** Where an object is in an S3-compatible store. */
export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/** Whether a text is an address in an S3-compatible store and no path. */
export function isS3(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

/** @throws InvalidModelSourceError where bucket or key is missing. */
export function parseS3(text: string): S3Address {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/i.exec(text) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new InvalidModelSourceError(
    `Expected an address such as s3://bucket/models/iris.bentomodel, got ${quote(text)}.`,
  );
}

const FEATURE = 'A model at an s3:// address';

async function connect(): Promise<{ client: S3Client; sdk: typeof import('@aws-sdk/client-s3') }> {
  const sdk = await importPeer('@aws-sdk/client-s3', FEATURE, () => import('@aws-sdk/client-s3'));
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  // Servers of one's own have no host name per bucket, and few know of the SDK's newer checksums.
  const custom = {
    endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
  return { sdk, client: new sdk.S3Client(endpoint ? { ...custom, region } : { region }) };
}

/** Reads an object as it comes. @throws ModelTransferError */
export async function download(
  address: S3Address,
  signal?: AbortSignal,
): Promise<{ readonly body: Readable; readonly total?: number }> {
  const { client, sdk } = await connect();
  try {
    const command = new sdk.GetObjectCommand({ Bucket: address.bucket, Key: address.key });
    const { Body, ContentLength } = await client.send(command, { abortSignal: signal });
    return { body: received(Body as Readable, address), total: ContentLength };
  } catch (cause) {
    throw transferError('get', address, cause);
  }
}

/** The same bytes; what ends them too early is told as an error of the transfer. */
function received(body: Readable, address: S3Address): Readable {
  const bytes = new PassThrough();
  body.once('error', (cause) => bytes.destroy(transferError('get', address, cause) as Error));
  bytes.once('close', () => body.destroy());
  // Who reads it hears of it; without a listener, an error before that would end the process.
  bytes.on('error', () => undefined);
  return body.pipe(bytes);
}

/** Writes an object in parts, each of which is in memory. @throws ModelTransferError */
export async function upload(
  address: S3Address,
  body: Readable,
  signal?: AbortSignal,
): Promise<void> {
  const { Upload } = await importPeer(
    '@aws-sdk/lib-storage',
    FEATURE,
    () => import('@aws-sdk/lib-storage'),
  );
  const { client } = await connect();
  signal?.throwIfAborted();
  const transfer = new Upload({
    client,
    params: { Bucket: address.bucket, Key: address.key, Body: body },
  });
  signal?.addEventListener('abort', () => void transfer.abort(), { once: true });
  try {
    await transfer.done();
  } catch (cause) {
    throw transferError('put', address, cause);
  }
}

/** Whether there is an object. @throws ModelTransferError when the server does not say. */
export async function isTaken(address: S3Address, signal?: AbortSignal): Promise<boolean> {
  const { client, sdk } = await connect();
  try {
    const command = new sdk.HeadObjectCommand({ Bucket: address.bucket, Key: address.key });
    await client.send(command, { abortSignal: signal });
    return true;
  } catch (cause) {
    const { $metadata } = cause as { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 404) return false;
    throw transferError('look for', address, cause);
  }
}

/** Names of errors that say what to do. */
const CURES: Readonly<Record<string, string>> = {
  NoSuchKey: 'Check the key: there is no such object.',
  NoSuchBucket: 'Check the bucket: there is none of this name.',
  AccessDenied: 'Check the permissions of the credentials.',
  InvalidAccessKeyId: 'Check the credentials.',
  SignatureDoesNotMatch: 'Check the credentials.',
  ExpiredToken: 'Renew the credentials.',
  CredentialsProviderError: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
};

/** An answer to HEAD has no body, and so no name of what was wrong. */
function cureOf(status: number | undefined): string {
  if (status === 401 || status === 403) return 'Check the credentials and their permissions.';
  if (status === 301) return 'Check AWS_REGION: the bucket is in another one.';
  return 'Check address, network and AWS_ENDPOINT_URL.';
}

function transferError(verb: string, address: S3Address, cause: unknown): unknown {
  const { name, code, message, $metadata } = cause as NodeJS.ErrnoException & {
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  if (name === 'AbortError' || cause instanceof BentoError) return cause;
  const reason = name === 'Error' ? (code ?? message.split('\n', 1)[0]) : name;
  const cure = CURES[name] ?? cureOf($metadata?.httpStatusCode);
  return new ModelTransferError(
    `Could not ${verb} s3://${address.bucket}/${address.key}: ${reason}. ${cure}`,
    { cause },
  );
}
