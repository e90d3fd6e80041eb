/**
 * `pipeline verify`: hashes every byte of every artifact. What is damaged is set aside, and made again by the next run.
 */
import { makerOf } from '../../../artifacts/metadata/maker.js';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { ArtifactStore, Digest } from '../../../artifacts/store/artifact-store.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
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

interface Outcome {
  readonly sound: number;
  readonly bytes: number;
  readonly faults: readonly Fault[];
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

async function verifyAll(
  artifacts: ArtifactStore,
  metadata: MetadataStore,
  onProgress: (done: number, all: number) => void,
): Promise<Outcome> {
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

function outcomeText({ sound, bytes, faults }: Outcome, took: number, environment: Environment): string {
  const style = styleFor(environment.stdout.colors);
  const lines = faults.flatMap((fault) => {
    const [first = '', ...rest] = faultLines(fault, environment.cwd);
    return [style.bad(first), ...rest];
  });
  const good = `${counted(sound, 'artifact')} sound, ${byteSize(bytes)} hashed in ${duration(took)}`;
  if (faults.length === 0) return `${style.good(good)}\n`;
  return [
    ...lines,
    `${style.bad(`${counted(faults.length, 'artifact')} damaged or gone`)}; ${good}`,
    '',
    'next: run the pipeline again: what is needed of it is made again',
    '',
  ].join('\n');
}

export const command: Command<undefined> = (_, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const { stdout, stderr, json } = environment;
    const started = environment.now();
    const outcome = await verifyAll(openLocalArtifactStore(root), metadata, (done, all) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[Kverifying ${String(done + 1)} of ${String(all)}`);
    });
    if (stderr.isTTY) stderr.write('\r\u001b[K');
    if (json) answerJson(environment, 'verification', outcome);
    else stdout.write(outcomeText(outcome, environment.now() - started, environment));
    return outcome.faults.length === 0 ? EXIT.done : EXIT.failed;
  });
