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
  SealedArtifact,
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
      // A link, a name that is no text, a folder deeper than any: no artifact has these.
      if (error instanceof StoreError) return { state: 'damaged', problems: [error.message] };
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

  const seal = async (staged: string): Promise<SealedArtifact> => {
    const files = artifactFiles(staged);
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
    // Taken before hashing: a change from here on must not be vouched for.
    const witness = folderWitness(staged);
    const manifest = await manifestOf(files);
    const digest = manifestDigest(manifest);
    const standing = await verify(digest);
    if (standing.state === 'damaged') await quarantine(digest);
    const path = stagingPath();
    if (standing.state === 'sound') await disk.removeTree(staged);
    else await disk.rename(staged, path);
    const theirs = standing.state === 'sound' ? standing.witness : undefined;
    return { digest, manifest, path, witness, standing: theirs, discard: () => discard(path) };
  };

  /**
   * Makes a folder durable and moves it to its place.
   *
   * @returns the witness of what another has put there
   */
  const place = async ({ digest, manifest, path }: SealedArtifact): Promise<StatWitness | undefined> => {
    // Names are durable only with the folder that they stand in.
    const paths = new Set([path]);
    for (const file of manifest.files) {
      paths.add(join(path, file.path));
      for (let above = dirname(file.path); above !== '.'; above = dirname(above)) paths.add(join(path, above));
    }
    const stagedManifest = stagingPath();
    // Those of all that are published together are written first: while a disk makes things durable, new files wait.
    await disk.writeNew(stagedManifest, canonicalJson(manifest));
    await disk.sync([...paths, stagedManifest]);
    await disk.rename(stagedManifest, manifestPath(digest));
    try {
      await disk.rename(path, pathOf(digest));
      return undefined;
    } catch (error) {
      // Another writer of the same bytes was first: its folder does as well as ours.
      const theirs = await verify(digest);
      if (theirs.state !== 'sound') throw error;
      await disk.removeTree(path);
      return theirs.witness;
    }
  };

  /** The witness of a folder in its place. @throws StoreError when somebody has written into it since it was hashed */
  const placedWitness = async ({ digest, witness }: SealedArtifact): Promise<StatWitness> => {
    const placed = folderWitness(pathOf(digest));
    const changed = changedBetween(witness, placed);
    if (changed === undefined) return placed;
    await quarantine(digest);
    throw new StoreError(
      'written-late',
      `${changed} was written after the step had ended`,
      'let the step wait for all that it starts: promises, streams, programs; nobody else may write into its outputs',
    );
  };

  const publish = async (
    sealed: readonly SealedArtifact[],
  ): Promise<readonly PromiseSettledResult<StoredArtifact>[]> => {
    const placed = await Promise.allSettled(sealed.map(async (each) => each.standing ?? (await place(each))));
    const [named] = await Promise.allSettled([disk.sync(root.artifacts)]);
    return await Promise.allSettled(
      sealed.map(async (each, index): Promise<StoredArtifact> => {
        try {
          const theirs = placed[index];
          if (theirs?.status === 'rejected') throw theirs.reason;
          if (named.status === 'rejected') throw named.reason;
          const { digest, manifest } = each;
          const witness = theirs?.value ?? (await placedWitness(each));
          const [files, bytes] = [manifest.files.length, manifestBytes(manifest)];
          return { digest, path: pathOf(digest), files, bytes, witness };
        } catch (error) {
          throw StoreError.from(error, 'publishing an artifact');
        }
      }),
    );
  };

  const discard = async (folder: string): Promise<void> => {
    try {
      await disk.removeTree(folder);
    } catch (error) {
      throw StoreError.from(error, 'removing what was staged');
    }
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
    publish,
    manifest: readManifest,
    scratchPath: stagingPath,
    stage: async (within): Promise<StagedArtifact> => {
      const path = within === undefined ? stagingPath() : join(within, randomUUID());
      try {
        await disk.makeFolder(path);
      } catch (error) {
        throw StoreError.from(error, 'making a staging folder');
      }
      const take = async (): Promise<SealedArtifact> => {
        try {
          return await seal(path);
        } catch (error) {
          throw StoreError.from(error, 'publishing an artifact');
        }
      };
      return {
        path,
        seal: take,
        publish: async () => {
          const sealed = await take();
          const [published] = await publish([sealed]);
          if (published?.status === 'fulfilled') return published.value;
          await sealed.discard();
          throw published?.reason;
        },
        discard: () => discard(path),
      };
    },
    list: async () => {
      const names = await readdir(root.artifacts).catch(() => []);
      return names.filter(isDigest).sort();
    },
  };
}
