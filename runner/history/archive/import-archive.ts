/**
 * Takes in the archive of a run, which may come from anywhere. It is unpacked in staging and verified as a whole; only then
 * anything comes into the store: artifacts first, then all records at once.
 */
import { existsSync } from 'node:fs';
import { cp, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import { sha256Hex } from '../../../artifacts/digest.js';
import { realDisk } from '../../../artifacts/disk.js';
import { openMetadataStore } from '../../../artifacts/metadata/sqlite-metadata-store.js';
import type { StatWitness } from '../../../artifacts/store/artifact-store.js';
import { sweepCheckpoints } from '../../../artifacts/store/checkpoints.js';
import { keepCode } from '../../../artifacts/store/kept-code.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { makeManifest, manifestBytes } from '../../../artifacts/store/manifest.js';
import { closeStaging, openStaging, stagingPaths, sweepStaging } from '../../../artifacts/store/staging.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
import { findRoot, openRoot, type StoreRoot } from '../../../artifacts/store/store-root.js';
import { sweepUnfinished, unfinishedPath } from '../../../artifacts/unfinished.js';
import { StepError } from '../../../components/executor.js';
import { unpackArchive } from '../../../components/formats/archive.js';
import { RequestError } from '../../source/request-error.js';
import { ARCHIVE, badArchive, readHead, readRecords, type ArchivedRecords } from './archive-format.js';
import { archivedCode, verifyCode } from './archived-code.js';
import { placeLogs, verifyLogs } from './archived-logs.js';
import { recordArchive } from './record-archive.js';

/** Most files of an archive, and characters of its records. */
const MOST_FILES = 500_000;
const LONGEST_RECORDS = 400_000_000;

/** What to take in, and how. */
export interface ImportOptions {
  /** Absolute path of the archive. */
  readonly archive: string;
  /** Absolute path of the store; it is made when there is none. */
  readonly root: string;
  /** Most bytes of the unpacked archive. */
  readonly maxBytes: number;
  /** Absolute path of a folder for the pipeline file and its code, which must not exist; undefined: they stay outside. */
  readonly files: string | undefined;
}

/** What was taken in. */
export interface Imported {
  /** Number of the exported run here, and the one it had. */
  readonly run: number;
  readonly exportedAs: number;
  readonly artifacts: number;
  /** Executions that were not here yet. */
  readonly added: number;
  /** The pipeline file and its code, by their paths. */
  readonly pipelineFiles: readonly string[];
}

/** An unpacked archive that was found to be whole. */
interface Unpacked {
  readonly folder: string;
  readonly exportedAs: number;
  readonly records: ArchivedRecords;
  /** Digests of the artifacts whose files are there. */
  readonly digests: readonly string[];
  /** Digests of user code. */
  readonly code: ReadonlySet<string>;
  readonly pipelineFiles: readonly string[];
}

async function textOf(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true) throw badArchive(`${name} is missing`);
  if (info.size > LONGEST_RECORDS) throw badArchive(`${name} is too long`);
  return await readFile(path, 'utf8');
}

/** Nothing is there but what records name. */
function verifyNames(paths: readonly string[], digests: Readonly<Record<string, ReadonlySet<string>>>): void {
  for (const path of paths) {
    if (path === ARCHIVE.head || path === ARCHIVE.records || path.startsWith(`${ARCHIVE.pipeline}/`)) continue;
    const [, kind = '', digest = ''] =
      /^(artifacts)\/([0-9a-f]{64})(?:\.manifest\.json$|\/)/u.exec(path) ??
      /^(logs)\/([0-9a-f]{64})\.log$/u.exec(path) ??
      /^(code)\/([0-9a-f]{64})\.json$/u.exec(path) ??
      [];
    if (digests[kind]?.has(digest) !== true) throw badArchive(`'${path.slice(0, 100)}' does not belong to it`);
  }
}

/** Every artifact that is recorded is there with the very content that its digest promises. */
async function verifyArtifacts(folder: string, records: ArchivedRecords): Promise<readonly string[]> {
  const recorded = [...records.artifacts.values()].filter(({ gone }) => !gone);
  const digests = [...new Set(recorded.map(({ digest }) => digest))].sort();
  for (const digest of digests) {
    const content = join(folder, ARCHIVE.artifacts, digest);
    // An artifact without files has no folder in the archive.
    await realDisk.makeFolder(content);
    const text = await textOf(folder, `${ARCHIVE.artifacts}/${digest}.manifest.json`);
    const manifest = await makeManifest(content);
    if (sha256Hex(text) !== digest || canonicalJson(manifest) !== text) {
      throw badArchive(`artifact ${digest.slice(0, 12)} has other content than its digest promises`);
    }
    const bytes = manifestBytes(manifest);
    const isAsRecorded = recorded
      .filter((artifact) => artifact.digest === digest)
      .every((artifact) => artifact.bytes === bytes && artifact.files === manifest.files.length);
    if (!isAsRecorded) throw badArchive(`the record of artifact ${digest.slice(0, 12)} is not that of its files`);
  }
  return digests;
}

async function unpack({ archive, maxBytes }: ImportOptions, folder: string): Promise<Unpacked> {
  if (!existsSync(archive)) throw new RequestError('file-missing', `there is no archive ${archive}`);
  try {
    const limits = { files: MOST_FILES, bytes: maxBytes };
    const paths = await unpackArchive(archive, folder, limits, new AbortController().signal);
    const exportedAs = readHead(await textOf(folder, ARCHIVE.head));
    const records = readRecords(await textOf(folder, ARCHIVE.records));
    if (!records.runs.some(({ id }) => id === exportedAs)) throw badArchive('the exported run is not there');
    const digests = await verifyArtifacts(folder, records);
    const [logs, code] = [await verifyLogs(folder, records), await verifyCode(folder, paths, records)];
    verifyNames(paths, { artifacts: new Set(digests), logs, code });
    const pipelineFiles = paths
      .filter((path) => path.startsWith(`${ARCHIVE.pipeline}/`))
      .map((path) => path.slice(ARCHIVE.pipeline.length + 1));
    return { folder, exportedAs, records, digests, code, pipelineFiles };
  } catch (error) {
    // Said of what the user has named: bad input.
    if (error instanceof StepError) throw new RequestError(error.code, error.message, error.hint);
    throw error;
  }
}

/** The folder of the pipeline file and its code; an empty one where the archive has none. */
async function pipelineFolder(unpacked: string): Promise<string> {
  const folder = join(unpacked, ARCHIVE.pipeline);
  await realDisk.makeFolder(folder);
  return folder;
}

/** Puts what was unpacked into the store. */
async function takeIn(unpacked: Unpacked, root: StoreRoot): Promise<{ readonly run: number; readonly added: number }> {
  const artifacts = openLocalArtifactStore(root);
  const witnesses = new Map<string, StatWitness>();
  for (const digest of unpacked.digests) {
    const staged = await artifacts.stage();
    await realDisk.removeTree(staged.path);
    await realDisk.rename(join(unpacked.folder, ARCHIVE.artifacts, digest), staged.path);
    witnesses.set(digest, (await staged.publish()).witness);
  }
  for (const { digest } of unpacked.records.artifacts.values()) {
    if (witnesses.has(digest)) continue;
    const found = await artifacts.verify(digest);
    if (found.state === 'sound') witnesses.set(digest, found.witness);
  }
  const metadata = openMetadataStore(root.metadata);
  try {
    const { runs, added, logs } = recordArchive(unpacked.records, metadata, witnesses);
    // Afterwards: only now it is known which runs they are of. Importing again makes up for what a crash left out.
    await placeLogs(unpacked.folder, root, logs);
    for (const digest of unpacked.code) {
      await keepCode(root, digest, await readFile(join(unpacked.folder, archivedCode(digest)), 'utf8'));
    }
    return { run: runs.get(unpacked.exportedAs) ?? 0, added };
  } finally {
    metadata.close();
  }
}

/**
 * Takes an archive in.
 *
 * @throws RequestError `bad-archive`, `foreign-archive`, `archive-…` when it is not as it should be: nothing has come into
 *   the store; `exists` when the folder for the pipeline file is there already
 * @throws StoreError when the store cannot be used
 */
export async function importArchive(options: ImportOptions): Promise<Imported> {
  const { files } = options;
  if (files !== undefined && existsSync(files)) {
    throw new RequestError('exists', `${files} is there already`, 'name a folder that does not exist');
  }
  const found = findRoot(options.root);
  // On the file system of the store, so that folders can be renamed into it.
  const staging = found === undefined ? unfinishedPath(dirname(options.root)) : stagingPaths(found)();
  const copied = files === undefined ? undefined : unfinishedPath(dirname(files));
  try {
    for (const path of [options.root, ...(files === undefined ? [] : [files])]) await sweepUnfinished(dirname(path));
    if (found !== undefined) await openStaging(found);
    await realDisk.makeFolder(staging);
    const unpacked = await unpack(options, staging);
    // One that is there may lack folders: whoever made it may have died.
    const root = await openRoot(options.root);
    await openStaging(root);
    try {
      // What an import left that died goes now, as before a run; of checkpoints, runs know whether they are needed.
      await sweepCheckpoints(root, () => false);
      await sweepStaging(root);
      // Copied before anything else: what hinders it is told while the store is as it was.
      if (copied !== undefined) await cp(await pipelineFolder(staging), copied, { recursive: true });
      const taken = await takeIn(unpacked, root);
      if (files !== undefined && copied !== undefined) await realDisk.rename(copied, files);
      const { exportedAs, digests, pipelineFiles } = unpacked;
      return { ...taken, exportedAs, artifacts: digests.length, pipelineFiles };
    } finally {
      if (found === undefined) await closeStaging(root);
    }
  } catch (error) {
    throw StoreError.from(error, `importing ${options.archive}`);
  } finally {
    for (const path of [staging, ...(copied === undefined ? [] : [copied])]) {
      await realDisk.removeTree(path).catch(() => undefined);
    }
    if (found !== undefined) await closeStaging(found);
  }
}
