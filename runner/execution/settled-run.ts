/**
 * A settled run: one after which the same command would find everything cached as long as nothing that it looked at has
 * changed. What that is stands in a file of its own, so that the next run compares what the system says of it, and neither
 * reads the pipeline nor plans it. Whatever is not as it was, or cannot be read, leads back to the whole way.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { realDisk } from '../../artifacts/disk.js';
import { lookAt, type Look } from '../../artifacts/look.js';
import type { NumberedRepeat } from '../../artifacts/metadata/metadata-store.js';
import { noteRepeat } from '../../artifacts/metadata/repeat-log.js';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import type { Digest, StatWitness } from '../../artifacts/store/artifact-store.js';
import { stagingPaths } from '../../artifacts/store/staging.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import { standsAsWitnessed } from '../../artifacts/store/witness.js';
import { backendIdentity, type BackendIdentity } from '../../components/tensorflow/backend-identity.js';
import type { RunEvent } from './run-event.js';

/** What came of a node. */
export type SettledStep = Extract<RunEvent, { type: 'step-cached' | 'step-skipped' }>;

/** What a run stood on, and what came of it. */
export interface SettledRun {
  readonly version: 1;
  /** The run that has the executions. */
  readonly run: number;
  readonly pipeline: string;
  readonly file: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly jobs: number;
  /** In the order of the graph. */
  readonly steps: readonly SettledStep[];
  /** Digests of the texts of YAML files by path. */
  readonly texts: Readonly<Record<string, Digest>>;
  /** Data and user code; what decides which files those are; what was done outside the store. */
  readonly grounds: readonly { readonly look: Look; readonly seen: Digest }[];
  /** What steps computed with, where some did. */
  readonly backend: BackendIdentity | undefined;
  /** Outputs of the steps. */
  readonly artifacts: Readonly<Record<Digest, StatWitness>>;
}

/** Settled runs that are kept; each command line has its own. */
const KEPT = 20;

/** Where the settled run lies that answers a request. */
export function settledPath(root: StoreRoot, request: Digest): string {
  return join(root.settled, `${request}.json`);
}

/** What lies under a path; undefined when there is nothing, or not what was written there. */
export function readSettled(path: string): SettledRun | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const end = text.indexOf('\n');
    const content = text.slice(end + 1);
    // The first line is the digest of the rest: what was torn or changed says nothing.
    return text.slice(0, end) === sha256Hex(content) ? (JSON.parse(content) as SettledRun) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a settled run for a request, and drops the oldest of too many. */
export async function writeSettled(root: StoreRoot, request: Digest, settled: SettledRun): Promise<void> {
  // As bytes: a text of this length would be copied for its digest, and again to be written.
  const text = Buffer.from(JSON.stringify(settled));
  const content = Buffer.concat([Buffer.from(`${sha256Hex(text)}\n`), text]);
  await realDisk.makeFolder(root.settled);
  await realDisk.writeFile(settledPath(root, request), content, stagingPaths(root)());
  const names = readdirSync(root.settled);
  if (names.length <= KEPT) return;
  const ages = names.map((name) => ({ name, at: statSync(join(root.settled, name)).mtimeMs }));
  for (const { name } of ages.sort((a, b) => b.at - a.at).slice(KEPT)) {
    await realDisk.removeFile(join(root.settled, name));
  }
}

function sameTexts({ texts }: SettledRun): boolean {
  const decoder = new TextDecoder();
  return Object.entries(texts).every(([path, digest]) => sha256Hex(decoder.decode(readFileSync(path))) === digest);
}

function sameArtifacts({ artifacts }: SettledRun, root: StoreRoot): boolean {
  return Object.entries(artifacts).every(([digest, witness]) =>
    standsAsWitnessed(join(root.artifacts, digest), witness),
  );
}

function sameBackend({ backend }: SettledRun): boolean {
  return backend === undefined || canonicalJson({ ...backendIdentity() }) === canonicalJson({ ...backend });
}

/** Whether nothing of it has changed, and no other run is going on that may change something. */
export function isStillSettled(settled: SettledRun, root: StoreRoot): boolean {
  try {
    return (
      // A link to nowhere is there, too.
      !readdirSync(root.locks).some((name) => name.startsWith(`${settled.pipeline}.lock`)) &&
      readdirSync(root.staging).length === 0 &&
      sameTexts(settled) &&
      sameBackend(settled) &&
      settled.grounds.every(({ look, seen }) => lookAt(look).digest === seen) &&
      sameArtifacts(settled, root)
    );
  } catch {
    return false;
  }
}

/**
 * Records a run that repeats a settled one: notes it where that can be done, else opens the records.
 *
 * @returns undefined when the records say that it would not find the same
 */
export function recordSettled(settled: SettledRun, root: StoreRoot, startedAt: number): NumberedRepeat | undefined {
  const { pipeline, file, params, run: of, steps } = settled;
  const run = { pipeline, file, params, startedAt, owner: currentProcess() };
  const repeat = { of, nodes: steps.length, endedAt: Date.now() };
  const noted = noteRepeat(root.metadata, { run, ...repeat });
  if (noted !== undefined) return noted;
  const metadata = openMetadataStore(root.metadata);
  let recorded: NumberedRepeat | undefined;
  try {
    recorded = metadata.recordRepeat(run, repeat);
    return recorded;
  } finally {
    // Left open otherwise: the process is about to end, closing waits for the disk, and would move the journal that the
    // log of repeats stands on.
    if (recorded === undefined) metadata.close();
  }
}
