/**
 * An artifact store in a folder. Publishing makes files durable, then the manifest, then renames the staged folder to
 * its digest: whatever instant a process dies at, a folder under a digest is whole.
 */
import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import type { ListedFile } from '../digest.js';
import { realDisk, type Disk } from '../disk.js';
import { currentProcess, isAlive, parseProcessIdentity } from '../process-identity.js';
import type {
  ArtifactStore,
  Digest,
  Manifest,
  Soundness,
  StagedArtifact,
  StatWitness,
  StoredArtifact,
} from './artifact-store.js';
import { artifactFiles, makeManifest, manifestDigest, manifestProblems, parseManifest } from './manifest.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

async function witnessOf(files: readonly ListedFile[]): Promise<StatWitness> {
  const entries = await Promise.all(
    files.map(async ({ path, absolute }) => {
      const info = await stat(absolute, { bigint: true });
      return [path, [Number(info.size), String(info.mtimeNs), String(info.ctimeNs), String(info.ino)]] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function sameWitness(a: StatWitness, b: StatWitness): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Opens the artifact store of a root. */
export function openLocalArtifactStore(root: StoreRoot, disk: Disk = realDisk): ArtifactStore {
  const pathOf = (digest: Digest): string => {
    if (!/^[0-9a-f]{64}$/u.test(digest)) throw new StoreError('bad-digest', `'${digest}' is not a digest`);
    return join(root.artifacts, digest);
  };
  const manifestPath = (digest: Digest): string => `${pathOf(digest)}.manifest.json`;

  const readManifest = async (digest: Digest): Promise<Manifest | undefined> => {
    const text = await readFile(manifestPath(digest), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : parseManifest(text, digest);
  };

  const verify = async (digest: Digest): Promise<Soundness> => {
    try {
      const path = pathOf(digest);
      if (!(await exists(path))) return { state: 'missing' };
      const promised = await readManifest(digest);
      if (promised === undefined) return { state: 'damaged', problems: ['its manifest is missing or was changed'] };
      const files = await artifactFiles(path).catch((error: unknown) => {
        if (error instanceof StoreError && error.code === 'not-a-file') return error.message;
        throw error;
      });
      if (typeof files === 'string') return { state: 'damaged', problems: [files] };
      // Taken before hashing: a change while hashing must not be vouched for.
      const witness = await witnessOf(files);
      const problems = manifestProblems(promised, await makeManifest(path));
      return problems.length > 0 ? { state: 'damaged', problems } : { state: 'sound', witness, hashed: true };
    } catch (error) {
      throw StoreError.from(error, `verifying artifact ${digest}`);
    }
  };

  const check = async (digest: Digest, witness: StatWitness | undefined): Promise<Soundness> => {
    if (witness === undefined) return await verify(digest);
    try {
      const [files, promised] = await Promise.all([artifactFiles(pathOf(digest)), exists(manifestPath(digest))]);
      const current = await witnessOf(files);
      if (promised && sameWitness(current, witness)) return { state: 'sound', witness, hashed: false };
    } catch {
      // Whatever hindered the quick look, the thorough one names it.
    }
    return await verify(digest);
  };

  const publish = async (folder: string): Promise<StoredArtifact> => {
    const files = await artifactFiles(folder);
    for (const { absolute } of files) {
      await disk.setMode(absolute, 0o444);
      await disk.sync(absolute);
    }
    const manifest = await makeManifest(folder);
    const digest = manifestDigest(manifest);
    const path = pathOf(digest);
    const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
    await disk.makeFolder(root.artifacts);
    const describe = (witness: StatWitness): StoredArtifact => ({ digest, path, files: files.length, bytes, witness });

    const standing = await verify(digest);
    if (standing.state === 'sound') {
      await disk.removeTree(folder);
      return describe(standing.witness);
    }
    if (standing.state === 'damaged') await quarantine(digest);
    await disk.writeFile(manifestPath(digest), canonicalJson(manifest));
    try {
      await disk.rename(folder, path);
    } catch (error) {
      // Another writer of the same bytes was first: its folder does as well as ours.
      if ((await verify(digest)).state !== 'sound') throw error;
      await disk.removeTree(folder);
    }
    await disk.sync(root.artifacts);
    return describe(await witnessOf(await artifactFiles(path)));
  };

  const quarantine = async (digest: Digest): Promise<string> => {
    const target = join(root.quarantine, `${digest}.${randomUUID()}`);
    try {
      await disk.makeFolder(target);
      for (const [from, to] of [
        [pathOf(digest), join(target, 'artifact')],
        [manifestPath(digest), join(target, 'manifest.json')],
      ] as const) {
        if (await exists(from)) await disk.rename(from, to);
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
    stage: async (): Promise<StagedArtifact> => {
      const own = join(root.staging, stagingName());
      const path = join(own, randomUUID());
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
          await disk.removeTree(path);
        },
      };
    },
    list: async () => {
      const names = await readdir(root.artifacts).catch(() => []);
      return names.filter((name) => /^[0-9a-f]{64}$/u.test(name)).sort();
    },
  };
}

/** Staging folders carry their owner's identity in their name. */
function stagingName(): string {
  return Buffer.from(canonicalJson(currentProcess())).toString('base64url');
}

/** Removes what dead processes left in staging. */
export async function sweepStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  for (const name of await readdir(root.staging).catch(() => [])) {
    const owner = parseProcessIdentity(Buffer.from(name, 'base64url').toString());
    if (owner === undefined || !isAlive(owner)) await disk.removeTree(join(root.staging, name));
  }
}

/** Removes the staging folder of this very process. */
export async function closeStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  await disk.removeTree(join(root.staging, stagingName()));
}
