/**
 * `pipeline verify`: hashes every byte of every artifact, and the user code that is kept. What is damaged is set aside, and
 * made again by the next run.
 */
import { makerOf } from '../../../artifacts/metadata/maker.js';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { ArtifactStore, Digest } from '../../../artifacts/store/artifact-store.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { codeJournal, keptCode, keptDigests, noteLoss, quarantineCode } from '../../../artifacts/store/kept-code.js';
import { sha256Hex } from '../../../artifacts/digest.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
import type { StoreRoot } from '../../../artifacts/store/store-root.js';
import { userCodeOf } from '../../plan/fingerprint.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { byteSize, counted, duration, shortDigest } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import { EXIT, type Command, type Environment } from '../command.js';
import { answerJson, withStore } from '../open-store.js';
import { shownPath } from '../shown-path.js';

/** An artifact that is not what its digest promises. */
interface Fault {
  readonly digest: Digest;
  readonly state: 'damaged' | 'missing';
  readonly problems: readonly string[];
  /** Where it was moved to. */
  readonly quarantine: string | undefined;
  /** The outputs that it is recorded as. */
  readonly outputs: readonly string[];
}

/** User code that is not what its digest promises. */
interface CodeFault {
  readonly digest: Digest;
  readonly state: 'damaged' | 'missing';
  /** Where it was moved to. */
  readonly quarantine: string | undefined;
  /** Nodes that were executed with it. */
  readonly nodes: readonly string[];
}

interface Outcome {
  readonly sound: number;
  readonly bytes: number;
  readonly faults: readonly Fault[];
  readonly code: {
    readonly sound: number;
    readonly faults: readonly CodeFault[];
    /** User code that made what stands here, and was never kept: by an older release, or in an archive without it. */
    readonly neverKept: number;
  };
}

function outputsOf(digest: Digest, metadata: MetadataStore): readonly string[] {
  const names = metadata.artifactsByDigest(digest).flatMap(({ id }) => {
    const maker = makerOf(id, metadata);
    return maker === undefined ? [] : [`${maker.execution.node}.${maker.port}`];
  });
  return [...new Set(names)];
}

/** Digests that the metadata counts on; a retired one has no witness. */
function promised(metadata: MetadataStore): readonly Digest[] {
  const digests = new Set(metadata.artifacts({}).map(({ digest }) => digest));
  return [...digests].filter((digest) => metadata.witness(digest) !== undefined);
}

/** Does what a store that may only be read does not take; undefined there. Its artifacts can be hashed all the same. */
async function ifWritable<T>(change: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof StoreError && ['read-only', 'no-permission'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Nodes that were executed with code of a digest, those of the newest runs first. */
function nodesWith(code: Digest, metadata: MetadataStore): readonly string[] {
  const nodes = metadata.runs({}).flatMap(({ id }) =>
    metadata.executionsOf(id).flatMap(({ execution: { node, fingerprint } }) => {
      const document = fingerprint === undefined ? undefined : metadata.fingerprint(fingerprint)?.document;
      return document?.includes(code) === true ? [node] : [];
    }),
  );
  return [...new Set(nodes)];
}

/** User code that made artifacts which stand here. */
function standingCode(metadata: MetadataStore): ReadonlySet<Digest> {
  const records = metadata.standingDocuments().map((document) => metadata.fingerprint(sha256Hex(document)));
  return new Set(records.flatMap((record) => (record === undefined ? [] : userCodeOf(record))));
}

async function verifyCode(root: StoreRoot, metadata: MetadataStore): Promise<Outcome['code']> {
  const [digests, journal] = [await keptDigests(root), await codeJournal(root)];
  const faults: CodeFault[] = [];
  for (const digest of digests) {
    if ((await keptCode(root, digest)) !== undefined) continue;
    const quarantine = await ifWritable(() => quarantineCode(root, digest));
    faults.push({ digest, state: 'damaged', quarantine, nodes: nodesWith(digest, metadata) });
  }
  const sound = digests.length - faults.length;
  // What went with all that it had made is no loss.
  const lacking = [...standingCode(metadata)].filter((digest) => !digests.includes(digest)).sort();
  for (const digest of lacking) {
    if (journal.get(digest) !== 'kept') continue;
    await ifWritable(() => {
      noteLoss(root, digest);
    });
    faults.push({ digest, state: 'missing', quarantine: undefined, nodes: nodesWith(digest, metadata) });
  }
  return { sound, faults, neverKept: lacking.filter((digest) => !journal.has(digest)).length };
}

async function verifyArtifacts(
  artifacts: ArtifactStore,
  metadata: MetadataStore,
  onProgress: (done: number, all: number) => void,
): Promise<Omit<Outcome, 'code'>> {
  const digests = [...new Set([...(await artifacts.list()), ...promised(metadata)])].sort();
  const faults: Fault[] = [];
  let sound = 0;
  let bytes = 0;
  for (const [index, digest] of digests.entries()) {
    onProgress(index, digests.length);
    const found = await artifacts.verify(digest);
    if (found.state === 'sound') {
      sound++;
      bytes += Object.values(found.witness).reduce((sum, [size]) => sum + size, 0);
      // A later run may then trust a look at sizes and times again.
      if (metadata.witness(digest) !== undefined) {
        await ifWritable(() => {
          metadata.saveWitness(digest, found.witness);
        });
      }
      continue;
    }
    const outputs = outputsOf(digest, metadata);
    const quarantine = found.state === 'damaged' ? await ifWritable(() => artifacts.quarantine(digest)) : undefined;
    await ifWritable(() => {
      metadata.retireArtifact(digest);
    });
    const problems = found.state === 'damaged' ? found.problems : ['it is gone'];
    faults.push({ digest, state: found.state, problems, quarantine, outputs });
  }
  return { sound, bytes, faults };
}

function faultLines({ digest, state, problems, quarantine, outputs }: Fault, cwd: string): readonly string[] {
  const name = outputs.length === 0 ? '' : ` (${outputs.map(plainLine).join(', ')})`;
  return [
    `${shortDigest(digest)}${name} is ${state}`,
    ...problems.slice(0, 10).map((problem) => `  ${plainLine(problem)}`),
    ...(problems.length > 10 ? [`  … ${String(problems.length - 10)} more`] : []),
    ...(quarantine === undefined ? [] : [`  moved to ${shownPath(quarantine, cwd)}`]),
  ];
}

function modules(count: number): string {
  return counted(count, 'module of user code', 'modules of user code');
}

function codeFaultLines({ digest, state, quarantine, nodes }: CodeFault, cwd: string): readonly string[] {
  const name = nodes.length === 0 ? '' : ` of ${nodes.map(plainLine).join(', ')}`;
  return [
    `user code ${shortDigest(digest)}${name} ${state === 'damaged' ? 'is damaged' : 'was kept, and is gone'}`,
    '  what was made with it stands; but bisect cannot execute it again, and export leaves it out',
    ...(quarantine === undefined ? [] : [`  moved to ${shownPath(quarantine, cwd)}`]),
  ];
}

function outcomeText({ sound, bytes, faults, code }: Outcome, took: number, environment: Environment): string {
  const style = styleFor(environment.stdout.colors);
  const { cwd } = environment;
  const all = [
    ...faults.map((fault) => faultLines(fault, cwd)),
    ...code.faults.map((fault) => codeFaultLines(fault, cwd)),
  ];
  const lines = all.flatMap(([first = '', ...rest]) => [style.bad(first), ...rest]);
  const kept = code.sound === 0 ? '' : ` and ${modules(code.sound)}`;
  const good = `${counted(sound, 'artifact')}${kept} sound, ${byteSize(bytes)} hashed in ${duration(took)}`;
  const unkept =
    code.neverKept === 0 ? [] : [`${modules(code.neverKept)} never kept here: bisect cannot execute it again`];
  if (all.length === 0) return [style.good(good), ...unkept, ''].join('\n');
  const bad = [
    ...(faults.length === 0 ? [] : [`${counted(faults.length, 'artifact')} damaged or gone`]),
    ...(code.faults.length === 0 ? [] : [`${modules(code.faults.length)} damaged or gone`]),
  ];
  return [
    ...lines,
    `${style.bad(bad.join(', '))}; ${good}`,
    ...unkept,
    '',
    ...(faults.length === 0 ? [] : ['next: run the pipeline again: what is needed of it is made again']),
    ...(code.faults.length === 0
      ? []
      : ['user code is kept again when a step is executed with it, as by run --force NODE']),
    '',
  ].join('\n');
}

export const command: Command<undefined> = (_, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const { stdout, stderr, json } = environment;
    const started = environment.now();
    const found = await verifyArtifacts(openLocalArtifactStore(root), metadata, (done, all) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[Kverifying ${String(done + 1)} of ${String(all)}`);
    });
    const outcome = { ...found, code: await verifyCode(root, metadata) };
    if (stderr.isTTY) stderr.write('\r\u001b[K');
    if (json) answerJson(environment, 'verification', outcome);
    else stdout.write(outcomeText(outcome, environment.now() - started, environment));
    return outcome.faults.length + outcome.code.faults.length === 0 ? EXIT.done : EXIT.failed;
  });
