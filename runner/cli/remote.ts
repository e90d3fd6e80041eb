/**
 * The store that is shared with other machines, as the environment names it.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderObjects } from '../../artifacts/remote/folder-objects.js';
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

/**
 * Opens the shared store; undefined where the environment names none.
 *
 * @throws RequestError `bad-remote`
 */
export function remoteStore(environment: Environment): RemoteStore | undefined {
  const { env, cwd } = environment;
  const place = env[PLACE];
  if (place === undefined || place === '') return undefined;
  const scheme = /^([a-z][a-z0-9+.-]+):/u.exec(place)?.[1];
  if (scheme !== undefined && scheme !== 'file') {
    throw refuse(
      `${PLACE} is '${place.slice(0, 80)}', of a kind that is not known`,
      'name a folder, such as a mounted share',
    );
  }
  const folder = folderOf(place, cwd);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw refuse(`${PLACE} names ${folder}, which is no folder`, 'make it, or mount the share that it is on');
  }
  const access = env[ACCESS] ?? 'read';
  if (access !== 'read' && access !== 'write') {
    throw refuse(`${ACCESS} is '${access.slice(0, 40)}'`, "write 'read' or 'write'");
  }
  return openRemoteStore(folderObjects(folder), {
    write: access === 'write',
    privateKey: keyIn(PRIVATE_KEY, environment, createPrivateKey),
    publicKey: keyIn(PUBLIC_KEY, environment, createPublicKey),
  });
}
