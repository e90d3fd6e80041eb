/**
 * One execution of one node in a run: it is executed, what it made is published, and all of it is put on record. What that
 * means for the run is the run's business.
 */
import type {
  BoundArtifact,
  Completion,
  FingerprintRecord,
  MetadataStore,
  NewExecution,
} from '../../artifacts/metadata/metadata-store.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { dropCheckpoints } from '../../artifacts/store/checkpoints.js';
import { keepCode } from '../../artifacts/store/kept-code.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import type { Planner } from '../plan/planner.js';
import type { Publisher } from './publisher.js';
import { RecordedExecution } from './recorded-execution.js';
import type { StepResources } from './run-event.js';
import { runStep, StepEnded, type StepOutcome, type StepSurroundings } from './run-step.js';
import { bytesIn } from './step-artifacts.js';
import { stepFailure } from './step-failure.js';

/** What all executions of a run have in common. */
export interface ExecutionSurroundings {
  readonly metadata: MetadataStore;
  readonly planner: Planner;
  readonly publisher: Publisher;
  readonly step: StepSurroundings;
}

/** What an execution has come to. */
export interface ExecutionEnd extends Pick<Completion, 'metrics' | 'timings' | 'reusable'> {
  readonly made: readonly BoundArtifact[];
  readonly durationMs: number;
  readonly resources: StepResources;
}

/** Keeps the user code of a step. */
export async function keepCodeOf(fingerprint: FingerprintRecord, planner: Planner, root: StoreRoot): Promise<void> {
  for (const [digest, text] of planner.codeOf(fingerprint)) await keepCode(root, digest, text);
}

/** One execution. */
export class StepExecution {
  readonly #with: ExecutionSurroundings;
  readonly #inputs: ArtifactsByPort;
  readonly #begun: NewExecution;
  readonly #record: RecordedExecution;
  readonly #queuedMs: number;

  /**
   * @param inputs - artifacts by port, found sound
   * @param begun - what is to be on record of its beginning
   * @param readyAt - when nothing kept the node from it but others
   */
  constructor(surroundings: ExecutionSurroundings, inputs: ArtifactsByPort, begun: NewExecution, readyAt: number) {
    this.#with = surroundings;
    this.#inputs = inputs;
    this.#begun = begun;
    this.#record = new RecordedExecution(surroundings.metadata, begun);
    this.#queuedMs = begun.startedAt - readyAt;
  }

  /**
   * Executes the node; what it made does not stand in the store yet.
   *
   * @throws StepEnded, or what hinders recording
   */
  async execute(node: GraphNode): Promise<StepOutcome> {
    const { fingerprint, reason = '' } = this.#begun;
    if (node.spec.runsIn === 'worker') this.#record.begin();
    else this.#record.beginSoon();
    await keepCodeOf(fingerprint, this.#with.planner, this.#with.step.root);
    return await runStep(node, this.#inputs, fingerprint.digest, reason, this.#with.step);
  }

  /**
   * Publishes what it made, together with others, and puts it on record.
   *
   * @param reusable - whether later runs may use it
   */
  async publish({ outputs, metrics, attempts, cost }: StepOutcome, reusable: boolean): Promise<ExecutionEnd> {
    const { fingerprint, startedAt } = this.#begun;
    const { planner, publisher, step } = this.#with;
    const { executeMs, publishMs, resources } = cost;
    const endedAt = Date.now();
    const timings = { queuedMs: this.#queuedMs, executeMs, publishMs };
    const completion = { metrics, timings, resources, attempts, endedAt, reusable };
    const made = await this.#record.complete(publisher, outputs, completion);
    // Once more, now that it is on record: what only made artifacts that are gone may just have been removed. The step is
    // done, though it cannot be kept.
    await keepCodeOf(fingerprint, planner, step.root).catch(() => undefined);
    await dropCheckpoints(step.root, fingerprint.digest);
    const bytesOut = made.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
    const durationMs = endedAt - startedAt;
    return { made, metrics, timings, reusable, durationMs, resources: this.#resources(resources, bytesOut) };
  }

  /**
   * Puts on record that it has failed, or was stopped.
   *
   * @returns how it ended, and what it used, if it was executed at all
   * @throws what writing throws
   */
  fail(error: unknown): Pick<StepEnded, 'failure' | 'canceled'> & { readonly resources: StepResources | undefined } {
    const ended = error instanceof StepEnded ? error : new StepEnded(stepFailure(error), false, 1);
    const { cost, failure, canceled, attempts } = ended;
    this.#record.fail({
      state: canceled ? 'CANCELED' : 'FAILED',
      failure: { code: failure.code, message: failure.message },
      timings: cost && { queuedMs: this.#queuedMs, executeMs: cost.executeMs, publishMs: cost.publishMs },
      resources: cost?.resources,
      attempts,
      endedAt: Date.now(),
    });
    return { failure, canceled, resources: cost && this.#resources(cost.resources, 0) };
  }

  /** What in its inputs, and in what it was made of, is not as it was; with the digests of those inputs. */
  async changed(node: GraphNode): Promise<readonly { readonly what: string; readonly input?: Digest }[]> {
    const { planner, metadata, step } = this.#with;
    const changed: { what: string; input?: Digest }[] = [];
    for (const what of await planner.changedSince(node, this.#inputs, this.#begun.fingerprint)) changed.push({ what });
    for (const [port, artifacts] of Object.entries(this.#inputs)) {
      for (const { digest } of artifacts) {
        const found = await step.artifacts.check(digest, metadata.witness(digest));
        if (found.state !== 'sound') changed.push({ what: `the input ${port}`, input: digest });
      }
    }
    return changed;
  }

  #resources(used: StepOutcome['cost']['resources'], bytesOut: number): StepResources {
    return { queuedMs: this.#queuedMs, ...used, bytesIn: bytesIn(this.#inputs), bytesOut };
  }
}
