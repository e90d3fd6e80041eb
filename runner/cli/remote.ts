/**
 * The store that is shared with other machines, as the environment names it.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderObjects } from '../../artifacts/remote/folder-objects.js';
import type { RemoteObjects } from '../../artifacts/remote/remote-objects.js';
import { openRemoteStore, type RemoteStore } from '../../artifacts/remote/remote-store.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { RequestError } from '../source/request-error.js';
import type { Environment } from './command.js';

/** The variables that name it, and say what may be done there. */
const PLACE = 'PIPELINE_REMOTE';
const ACCESS = 'PIPELINE_REMOTE_ACCESS';
const PRIVATE_KEY = 'PIPELINE_REMOTE_PRIVATE_KEY';
const PUBLIC_KEY = 'PIPELINE_REMOTE_PUBLIC_KEY';

function refuse(message: string, hint: string): RequestError {
  return new RequestError('bad-remote', message, hint);
}

function keyIn(variable: string, { env, cwd }: Environment, read: (pem: string) => KeyObject): KeyObject | undefined {
  const file = env[variable];
  if (file === undefined || file === '') return undefined;
  try {
    const key = read(readFileSync(resolve(cwd, file), 'utf8'));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is a key of the kind ${String(key.asymmetricKeyType)}`);
  } catch (error) {
    // What OpenSSL says could tell of the key.
    const why =
      error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL')
        ? 'it is no key'
        : errorMessage(error);
    throw refuse(`${variable} names ${file}, which cannot be used: ${why}`, 'name a PEM file with an Ed25519 key');
  }
}

/** The folder of a path or a `file:` address. */
function folderOf(place: string, cwd: string): string {
  if (!place.startsWith('file:')) return resolve(cwd, place);
  try {
    return fileURLToPath(place);
  } catch (error) {
    throw refuse(`${PLACE} is '${place.slice(0, 80)}': ${errorMessage(error)}`, 'write it as file:///folder');
  }
}

function objectsInFolder(place: string, cwd: string, stop: AbortSignal): RemoteObjects {
  const folder = folderOf(place, cwd);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folderObjects(folder, stop);
  throw refuse(`${PLACE} names ${folder}, which is no folder`, 'make it, or mount the share that it is on');
}

/** The bucket of an `s3:` address; who asks, and where, is said by the variables that Amazon's own tools read. */
async function objectsInBucket(place: string, env: Environment['env'], stop: AbortSignal): Promise<RemoteObjects> {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/([\w./-]*))?$/u.exec(place) ?? [];
  if (bucket === undefined || path.split('/').some((part) => part === '.' || part === '..')) {
    throw refuse(`${PLACE} is '${place.slice(0, 80)}'`, 'write it as s3://bucket/prefix');
  }
  const given = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const endpoint = given('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  const region = given('AWS_REGION', 'AWS_DEFAULT_REGION') ?? (endpoint === undefined ? undefined : 'us-east-1');
  const accessKeyId = given('AWS_ACCESS_KEY_ID');
  const secretAccessKey = given('AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined || region === undefined) {
    throw refuse(
      `${PLACE} names a bucket, but not all that is needed to ask for it is there`,
      'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; for another service than Amazon, AWS_ENDPOINT_URL_S3 too',
    );
  }
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/u.test(new URL(endpoint).protocol))) {
    throw refuse(`AWS_ENDPOINT_URL_S3 is '${endpoint.slice(0, 80)}', no web address`, 'write it as https://host:port');
  }
  const prefix = path.replace(/^\/+|\/+$/gu, '');
  const { s3Objects } = await import('../../artifacts/remote/s3-objects.js');
  return s3Objects(
    {
      bucket,
      prefix: prefix === '' ? '' : `${prefix}/`,
      region,
      endpoint: endpoint?.replace(/\/+$/u, ''),
      accessKeyId,
      secretAccessKey,
      sessionToken: given('AWS_SESSION_TOKEN'),
    },
    stop,
  );
}

/**
 * Opens the shared store; undefined where the environment names none.
 *
 * @param stop - what goes on there when it aborts fails at once
 * @throws RequestError `bad-remote`
 */
export async function remoteStore(environment: Environment, stop: AbortSignal): Promise<RemoteStore | undefined> {
  const { env, cwd } = environment;
  const place = env[PLACE];
  if (place === undefined || place === '') return undefined;
  const scheme = /^([a-z][a-z0-9+.-]+):/u.exec(place)?.[1];
  if (scheme !== undefined && scheme !== 'file' && scheme !== 's3') {
    throw refuse(
      `${PLACE} is '${place.slice(0, 80)}', of a kind that is not known`,
      'name a folder, or s3://bucket/prefix',
    );
  }
  const access = env[ACCESS] ?? 'read';
  if (access !== 'read' && access !== 'write') {
    throw refuse(`${ACCESS} is '${access.slice(0, 40)}'`, "write 'read' or 'write'");
  }
  const rights = {
    write: access === 'write',
    privateKey: keyIn(PRIVATE_KEY, environment, createPrivateKey),
    publicKey: keyIn(PUBLIC_KEY, environment, createPublicKey),
  };
  const objects = scheme === 's3' ? await objectsInBucket(place, env, stop) : objectsInFolder(place, cwd, stop);
  return openRemoteStore(objects, rights, stop);
}
