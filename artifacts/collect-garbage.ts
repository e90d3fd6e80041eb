/**
 * Takes out of a store what a policy does not keep. Decided and recorded in one transaction, which a running pipeline's
 * own records wait for: what it has recorded is kept, and what is retired here it cannot record any more. The files move
 * to the trash afterwards.
 */
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles } from './digest.js';
import { realDisk, type Disk } from './disk.js';
import type { MetadataStore, RecordedDigest } from './metadata/metadata-store.js';
import { pathFault } from './portable-path.js';
import { judge, type RetentionPolicy, type Verdict } from './retention.js';
import type { ArtifactStore, Digest } from './store/artifact-store.js';
import { dropCode } from './store/kept-code.js';
import { acquireLock } from './store/lock.js';
import { manifestBytes } from './store/manifest.js';
import { closeStaging, openStaging, stagingPaths } from './store/staging.js';
import { StoreError } from './store/store-error.js';
import type { StoreRoot } from './store/store-root.js';
import {
  beginBatch,
  bringBack,
  bringBackQuarantined,
  emptyTrash,
  removeBatch,
  throwAway,
  throwAwayQuarantined,
  trashBatches,
  type Batch,
} from './store/trash.js';

/** The store that is tidied. */
export interface TidiedStore {
  readonly root: StoreRoot;
  readonly artifacts: ArtifactStore;
  readonly metadata: MetadataStore;
  readonly disk?: Disk;
}

/** A damaged artifact that was set aside. */
export interface Quarantined {
  readonly name: string;
  readonly bytes: number;
}

/** What goes and what stays. */
export interface Collection {
  readonly verdicts: readonly Verdict[];
  readonly quarantined: readonly Quarantined[];
  /** What the artifacts are, as far as it is recorded. */
  readonly recorded: ReadonlyMap<Digest, RecordedDigest>;
}

/** What came back from the trash. */
export interface Restoration {
  readonly restored: readonly { readonly digest: Digest; readonly bytes: number }[];
  /** Artifacts that are no longer what their digests promise. */
  readonly lost: readonly Digest[];
}

/** Artifacts whose files are looked at together. */
const AT_ONCE = 16;

/** Bytes of a folder; of one that cannot be read, none. */
function folderBytes(folder: string): number {
  try {
    return listFiles(folder, (link) => link).reduce((sum, { absolute }) => sum + lstatSync(absolute).size, 0);
  } catch {
    return 0;
  }
}

async function findQuarantined({ quarantine }: StoreRoot): Promise<readonly Quarantined[]> {
  const found = await readdir(quarantine).catch(() => []);
  const own = found.filter((name) => pathFault(name) === undefined).sort();
  return own.map((name) => ({ name, bytes: folderBytes(join(quarantine, name)) }));
}

/** Sizes of all that stands in the store; of what nothing is recorded of, from its manifest. */
async function standingSizes(
  { artifacts }: TidiedStore,
  recorded: ReadonlyMap<Digest, RecordedDigest>,
): Promise<ReadonlyMap<Digest, number>> {
  const digests = await artifacts.list();
  const sizes = new Map<Digest, number>();
  const unknown = digests.filter((digest) => !recorded.has(digest));
  for (const digest of digests) sizes.set(digest, recorded.get(digest)?.bytes ?? 0);
  for (let start = 0; start < unknown.length; start += AT_ONCE) {
    await Promise.all(
      unknown.slice(start, start + AT_ONCE).map(async (digest) => {
        const manifest = await artifacts.manifest(digest);
        sizes.set(digest, manifest === undefined ? 0 : manifestBytes(manifest));
      }),
    );
  }
  return sizes;
}

function decide(
  { metadata }: TidiedStore,
  sizes: ReadonlyMap<Digest, number>,
  policy: RetentionPolicy,
  now: number,
): readonly Verdict[] {
  const facts = {
    now,
    runs: metadata.runs({}),
    uses: metadata.digestUses(),
    shipped: metadata.shippedDigests(),
    sizes,
  };
  return judge(facts, policy);
}

/** Says what {@link collectGarbage} would do; changes nothing. */
export async function findGarbage(store: TidiedStore, policy: RetentionPolicy, now: number): Promise<Collection> {
  const recorded = new Map(store.metadata.recordedDigests().map((each) => [each.digest, each]));
  const sizes = await standingSizes(store, recorded);
  const quarantined = policy.pipeline === undefined ? await findQuarantined(store.root) : [];
  return { verdicts: decide(store, sizes, policy, now), quarantined, recorded };
}

async function alone<T>({ root }: TidiedStore, work: () => Promise<T>): Promise<T> {
  await openStaging(root);
  try {
    // No pipeline can have this name.
    const lock = await acquireLock(join(root.locks, '.gc.lock'), stagingPaths(root));
    if (!lock.taken) {
      throw new StoreError(
        'locked',
        `garbage is being collected already: process ${String(lock.heldBy.pid)} on ${lock.heldBy.host}`,
        'wait until it has ended',
      );
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  } finally {
    await closeStaging(root);
  }
}

async function collect(store: TidiedStore, policy: RetentionPolicy, now: number): Promise<Collection> {
  const { root, metadata, disk = realDisk } = store;
  const found = await findGarbage(store, policy, now);
  const candidates = found.verdicts.filter(({ keep }) => !keep);
  if (candidates.length + found.quarantined.length === 0) return found;
  const batch = await beginBatch(
    root,
    {
      version: 1,
      at: now,
      artifacts: candidates.map(({ digest, bytes }) => ({ digest, bytes, ...metadata.standing(digest) })),
      quarantined: found.quarantined.map(({ name }) => name),
    },
    disk,
  );
  const sizes = new Map(found.verdicts.map(({ digest, bytes }) => [digest, bytes]));
  const written = new Set(candidates.map(({ digest }) => digest));
  const verdicts = metadata.transaction(() => {
    // Once more, now that nobody else can record anything: a run may have begun to use them.
    const final = decide(store, sizes, policy, now).map((verdict): Verdict =>
      verdict.keep || written.has(verdict.digest) ? verdict : { ...verdict, keep: true, reason: 'kept-run' },
    );
    for (const { keep, digest } of final) if (!keep) metadata.retireArtifact(digest);
    return final;
  });
  for (const { keep, digest } of verdicts) {
    if (keep) continue;
    await throwAway(root, batch, digest, disk);
    // A step may have published the very same bytes, found them standing, and recorded them since.
    if (metadata.witness(digest) !== undefined) await bringBack(root, batch, digest, disk);
  }
  for (const { name } of found.quarantined) await throwAwayQuarantined(root, batch, name, disk);
  await disk.sync(root.artifacts);
  return { ...found, verdicts };
}

/**
 * Moves what a policy does not keep to the trash.
 *
 * @throws StoreError `locked` while another process does so
 */
export async function collectGarbage(store: TidiedStore, policy: RetentionPolicy, now: number): Promise<Collection> {
  try {
    return await alone(store, () => collect(store, policy, now));
  } catch (error) {
    throw StoreError.from(error, 'collecting garbage');
  }
}

async function restore(store: TidiedStore, batch: Batch): Promise<Restoration> {
  const { root, artifacts, metadata, disk = realDisk } = store;
  const restored: { digest: Digest; bytes: number }[] = [];
  const lost: Digest[] = [];
  const revived: (() => void)[] = [];
  for (const { digest, bytes, executions, witness } of batch.journal.artifacts) {
    await bringBack(root, batch, digest, disk);
    const found = await artifacts.check(digest, witness);
    if (found.state !== 'sound') {
      lost.push(digest);
      continue;
    }
    restored.push({ digest, bytes });
    // What nothing is recorded of has no witness, and gets none.
    if (witness !== undefined) {
      revived.push(() => {
        metadata.reviveArtifact(digest, { executions, witness: found.witness });
      });
    }
  }
  for (const name of batch.journal.quarantined) await bringBackQuarantined(root, batch, name, disk);
  await disk.makeFolder(root.artifacts);
  await disk.sync(root.artifacts);
  metadata.transaction(() => {
    for (const revive of revived) revive();
  });
  await removeBatch(batch.path, disk);
  return { restored, lost };
}

/**
 * Brings the latest batch back from the trash.
 *
 * @returns undefined when the trash is empty
 */
export async function undoCollection(store: TidiedStore): Promise<Restoration | undefined> {
  try {
    return await alone(store, async () => {
      const batch = (await trashBatches(store.root)).at(-1);
      return batch === undefined ? undefined : await restore(store, batch);
    });
  } catch (error) {
    throw StoreError.from(error, 'bringing artifacts back');
  }
}

/** Removes what is in the trash for good, and user code that only made what was there; answers with the bytes of the trash. */
export async function purgeTrash(store: TidiedStore): Promise<number> {
  try {
    return await alone(store, async () => {
      const bytes = folderBytes(store.root.trash);
      await emptyTrash(store.root, store.disk);
      // Until now it could have come back with what was made by it.
      await dropCode(store.root, () => store.metadata.standingDocuments(), store.disk);
      return bytes;
    });
  } catch (error) {
    throw StoreError.from(error, 'removing what is in the trash');
  }
}
