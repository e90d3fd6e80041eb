/**
 * A store that several machines share: files by their digests, manifests of artifacts, and results by the fingerprints of
 * steps. Nothing that comes out of it is believed before it is hashed; nothing goes into it for those who may only read.
 *
 *     files/<sha256>          the content of a file; artifacts that hold the same share it
 *     manifests/<digest>      the files of an artifact; its SHA-256 is the digest
 *     results/<fingerprint>   what a step came to, written last: all that it names is there
 */
import { createHash, type KeyObject } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { canonicalJson } from '../canonical-json.js';
import { sha256Hex } from '../digest.js';
import { realDisk } from '../disk.js';
import type { ArtifactStore, Digest, Manifest, StoredArtifact } from '../store/artifact-store.js';
import { manifestBytes, parseManifest } from '../store/manifest.js';
import { StoreError } from '../store/store-error.js';
import type { RemoteObjects } from './remote-objects.js';
import { decodeResult, encodeResult, type RecordFault, type ResultRecord } from './result-record.js';

/** Largest manifest or result that is read, in bytes. */
const MAX_TEXT = 64 * 1024 * 1024;

/** What may be done there, and whose results are believed. */
export interface RemoteRights {
  readonly write: boolean;
  /** Signs what is written. */
  readonly privateKey: KeyObject | undefined;
  /** Results that are not signed by it are not used. */
  readonly publicKey: KeyObject | undefined;
}

/** A shared store. */
export interface RemoteStore {
  readonly address: string;
  readonly rights: RemoteRights;
  /** The result of a fingerprint; undefined when there is none, a text when there is one that is not believed. */
  readonly result: (fingerprint: Digest) => Promise<ResultRecord | RecordFault | undefined>;
  /**
   * Brings an artifact into a store of this machine; asks for nothing when it stands there and is sound.
   *
   * @throws StoreError `damaged` when what is there is not what the digest promises, or is not all there
   */
  readonly pull: (digest: Digest, artifacts: ArtifactStore) => Promise<StoredArtifact>;
  /** Takes artifacts of this machine and what made them there. @param replace - write over files that are there */
  readonly push: (record: ResultRecord, artifacts: ArtifactStore, replace: boolean) => Promise<void>;
}

function damaged(address: string, digest: Digest, what: string): StoreError {
  return new StoreError('damaged', `artifact ${digest.slice(0, 12)} in ${address} is damaged: ${what}`);
}

/** A stream's text, unless it is longer than anything that belongs there. */
async function shortText(stream: Readable, stop: AbortSignal): Promise<string> {
  let size = 0;
  const bounded = new Transform({
    transform: (chunk: Buffer, _, done) => {
      size += chunk.length;
      done(size > MAX_TEXT ? new StoreError('damaged', 'it is larger than anything that belongs there') : null, chunk);
    },
  });
  const [found] = await Promise.all([text(bounded), pipeline(stream, bounded, { signal: stop })]);
  return found;
}

/** Writes a stream into a new file; stops as soon as it is longer than it may be. */
async function received(stream: Readable, file: string, size: number, stop: AbortSignal): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  const watched = new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > size ? new StoreError('damaged', 'a file is longer than promised') : null, chunk);
    },
  });
  await pipeline(stream, watched, createWriteStream(file, { flags: 'wx' }), { signal: stop });
  return bytes === size ? hash.digest('hex') : undefined;
}

/**
 * Opens a shared store.
 *
 * @param stop - what goes on there when it aborts fails at once
 */
export function openRemoteStore(objects: RemoteObjects, rights: RemoteRights, stop: AbortSignal): RemoteStore {
  const { address } = objects;

  const manifestOf = async (digest: Digest): Promise<Manifest> => {
    const stream = await objects.read(`manifests/${digest}`);
    const manifest = stream && parseManifest(await shortText(stream, stop), digest);
    if (manifest === undefined) throw damaged(address, digest, 'its manifest is missing or was changed');
    return manifest;
  };

  const pull: RemoteStore['pull'] = async (digest, artifacts) => {
    const standing = await artifacts.verify(digest);
    const promised = standing.state === 'sound' ? await artifacts.manifest(digest) : undefined;
    if (standing.state === 'sound' && promised !== undefined) {
      const [path, bytes] = [artifacts.pathOf(digest), manifestBytes(promised)];
      return { digest, path, files: promised.files.length, bytes, witness: standing.witness };
    }
    const manifest = await manifestOf(digest);
    const staged = await artifacts.stage();
    try {
      for (const { path, size, sha256 } of manifest.files) {
        stop.throwIfAborted();
        const target = join(staged.path, path);
        await mkdir(dirname(target), { recursive: true });
        const stream = await objects.read(`files/${sha256}`);
        if (stream === undefined) throw damaged(address, digest, `${path} is missing`);
        if ((await received(stream, target, size, stop)) !== sha256)
          throw damaged(address, digest, `${path} has other content`);
      }
      const published = await staged.publish();
      if (published.digest !== digest) throw damaged(address, digest, 'it is not what its digest promises');
      return published;
    } finally {
      await staged.discard();
    }
  };

  const writeText = async (name: string, content: string, artifacts: ArtifactStore): Promise<void> => {
    stop.throwIfAborted();
    const file = artifacts.scratchPath();
    try {
      await writeFile(file, content, { flag: 'wx' });
      await objects.write(name, file, sha256Hex(content));
    } finally {
      await realDisk.removeFile(file);
    }
  };

  const pushArtifact = async (digest: Digest, artifacts: ArtifactStore, replace: boolean): Promise<void> => {
    if (!replace && (await objects.has(`manifests/${digest}`))) return;
    const soundness = await artifacts.verify(digest);
    const manifest = await artifacts.manifest(digest);
    if (soundness.state !== 'sound' || manifest === undefined) {
      throw new StoreError('damaged', `artifact ${digest.slice(0, 12)} is damaged, and was not shared`);
    }
    for (const { path, sha256 } of manifest.files) {
      stop.throwIfAborted();
      if (!replace && (await objects.has(`files/${sha256}`))) continue;
      await objects.write(`files/${sha256}`, join(artifacts.pathOf(digest), path), sha256);
    }
    await writeText(`manifests/${digest}`, canonicalJson(manifest), artifacts);
  };

  return {
    address,
    rights,
    result: async (fingerprint) => {
      const stream = await objects.read(`results/${fingerprint}`);
      return stream && decodeResult(await shortText(stream, stop), fingerprint, rights.publicKey);
    },
    pull,
    push: async (record, artifacts, replace) => {
      if (!replace && (await objects.has(`results/${record.fingerprint}`))) return;
      for (const { digest } of record.outputs) await pushArtifact(digest, artifacts, replace);
      await writeText(`results/${record.fingerprint}`, encodeResult(record, rights.privateKey), artifacts);
    },
  };
}
