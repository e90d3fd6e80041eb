/**
 * An artifact store in a folder. Publishing makes files durable, then the manifest, then renames the staged folder to
 * its digest: whatever instant a process dies at, a folder under a digest is whole.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { isDigest } from '../digest.js';
import { realDisk, type Disk } from '../disk.js';
import { unfitPath } from '../portable-path.js';
import { systemErrorCode } from '../system-error.js';
import type {
  ArtifactStore,
  Digest,
  Manifest,
  Soundness,
  StagedArtifact,
  StatWitness,
  StoredArtifact,
} from './artifact-store.js';
import {
  artifactFiles,
  makeManifest,
  manifestBytes,
  manifestDigest,
  manifestOf,
  manifestProblems,
  parseManifest,
} from './manifest.js';
import { stagingPaths } from './staging.js';
import { StoreError } from './store-error.js';
import { WITHOUT_WAITING } from './without-waiting.js';
import type { StoreRoot } from './store-root.js';
import { changedBetween, folderWitness, manifestPathOf, standsAsWitnessed } from './witness.js';

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Opens the artifact store of a root. */
export function openLocalArtifactStore(root: StoreRoot, disk: Disk = realDisk): ArtifactStore {
  const pathOf = (digest: Digest): string => {
    if (!isDigest(digest)) throw new StoreError('bad-digest', `'${digest}' is not a digest`);
    return join(root.artifacts, digest);
  };
  const stagingPath = stagingPaths(root);
  const manifestPath = (digest: Digest): string => manifestPathOf(pathOf(digest));

  const readManifest = async (digest: Digest): Promise<Manifest | undefined> => {
    const text = await readFile(manifestPath(digest), WITHOUT_WAITING).catch(() => undefined);
    return text === undefined ? undefined : parseManifest(text, digest);
  };

  const verify = async (digest: Digest): Promise<Soundness> => {
    try {
      const path = pathOf(digest);
      if (!(await exists(path))) return { state: 'missing' };
      const promised = await readManifest(digest);
      if (promised === undefined) return { state: 'damaged', problems: ['its manifest is missing or was changed'] };
      // Taken before hashing: a change while hashing must not be vouched for.
      const witness = folderWitness(path);
      const problems = manifestProblems(promised, await makeManifest(path));
      return problems.length > 0 ? { state: 'damaged', problems } : { state: 'sound', witness, hashed: true };
    } catch (error) {
      if (error instanceof StoreError && error.code === 'not-a-file') {
        return { state: 'damaged', problems: [error.message] };
      }
      if (systemErrorCode(error) === 'ENOENT') {
        // Who found the damage first has just put it aside.
        if (!(await exists(pathOf(digest)))) return { state: 'missing' };
        return { state: 'damaged', problems: ['a file of it went away while it was read'] };
      }
      throw StoreError.from(error, `verifying artifact ${digest}`);
    }
  };

  const check = async (digest: Digest, witness: StatWitness | undefined): Promise<Soundness> => {
    if (witness === undefined) return await verify(digest);
    try {
      if (standsAsWitnessed(pathOf(digest), witness)) {
        return { state: 'sound', witness, hashed: false };
      }
    } catch {
      // Whatever hindered the quick look, the thorough one names it.
    }
    return await verify(digest);
  };

  const publish = async (folder: string): Promise<StoredArtifact> => {
    const files = artifactFiles(folder);
    const unfit = unfitPath(files.map(({ path }) => path));
    if (unfit !== undefined) {
      throw new StoreError(
        'bad-name',
        `a file of an artifact cannot be called '${unfit.path.slice(0, 200)}': ${unfit.fault}`,
        'write it under another name',
      );
    }
    for (const { absolute } of files) {
      if (lstatSync(absolute).nlink > 1) {
        throw new StoreError(
          'linked-file',
          `${absolute} has a second name: it is a hard link`,
          'copy the file into the artifact',
        );
      }
      await disk.setMode(absolute, 0o444);
    }
    // Names are durable only with the folder that they stand in.
    const folders = new Set([folder]);
    for (const { path } of files) {
      for (let above = dirname(path); above !== '.'; above = dirname(above)) folders.add(join(folder, above));
    }
    // Taken before hashing: a change from here on must not be vouched for.
    const hashed = folderWitness(folder);
    const manifest = await manifestOf(files);
    const digest = manifestDigest(manifest);
    const path = pathOf(digest);
    const bytes = manifestBytes(manifest);
    const describe = (witness: StatWitness): StoredArtifact => ({ digest, path, files: files.length, bytes, witness });

    const standing = await verify(digest);
    if (standing.state === 'sound') {
      await disk.removeTree(folder);
      return describe(standing.witness);
    }
    if (standing.state === 'damaged') await quarantine(digest);
    const stagedManifest = stagingPath();
    await Promise.all([
      disk.sync([...files.map(({ absolute }) => absolute), ...folders]),
      disk.writeNew(stagedManifest, canonicalJson(manifest)),
    ]);
    await disk.rename(stagedManifest, manifestPath(digest));
    try {
      await disk.rename(folder, path);
    } catch (error) {
      // Another writer of the same bytes was first: its folder does as well as ours.
      const theirs = await verify(digest);
      if (theirs.state !== 'sound') throw error;
      await disk.removeTree(folder);
      return describe(theirs.witness);
    }
    await disk.sync(root.artifacts);
    const witness = folderWitness(path);
    const changed = changedBetween(hashed, witness);
    if (changed === undefined) return describe(witness);
    await quarantine(digest);
    throw new StoreError(
      'written-late',
      `${changed} was written after the step had ended`,
      'let the step wait for all that it starts: promises, streams, programs; nobody else may write into its outputs',
    );
  };

  const quarantine = async (digest: Digest): Promise<string> => {
    const target = join(root.quarantine, `${digest}.${randomUUID()}`);
    try {
      await disk.makeFolder(target);
      for (const [from, to] of [
        [pathOf(digest), join(target, 'artifact')],
        [manifestPath(digest), join(target, 'manifest.json')],
      ] as const) {
        if (!(await exists(from))) continue;
        await disk.rename(from, to).catch((error: unknown) => {
          // Another run found the damage too, and was first.
          if (systemErrorCode(error) !== 'ENOENT') throw error;
        });
      }
    } catch (error) {
      throw StoreError.from(error, `moving damaged artifact ${digest} to quarantine`);
    }
    return target;
  };

  return {
    pathOf,
    check,
    verify,
    quarantine,
    manifest: readManifest,
    scratchPath: stagingPath,
    stage: async (within): Promise<StagedArtifact> => {
      const path = within === undefined ? stagingPath() : join(within, randomUUID());
      try {
        await disk.makeFolder(path);
      } catch (error) {
        throw StoreError.from(error, 'making a staging folder');
      }
      return {
        path,
        publish: async () => {
          try {
            return await publish(path);
          } catch (error) {
            throw StoreError.from(error, 'publishing an artifact');
          }
        },
        discard: async () => {
          try {
            await disk.removeTree(path);
          } catch (error) {
            throw StoreError.from(error, 'removing what was staged');
          }
        },
      };
    },
    list: async () => {
      const names = await readdir(root.artifacts).catch(() => []);
      return names.filter(isDigest).sort();
    },
  };
}
