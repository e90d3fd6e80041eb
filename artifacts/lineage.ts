/**
 * What an artifact was made from, and what was made from it: a walk over the events of the metadata store. How it is
 * drawn is left to others.
 *
 * A cached execution made nothing: it stands for the execution that it was cached from.
 */
import type { BoundArtifact, ExecutionWithArtifacts, LineageEvent } from './metadata/metadata-store.js';
import type { ArtifactRecord, ExecutionRecord } from './metadata/records.js';

/** What the walk asks. */
export interface LineageSource {
  artifact(id: number): ArtifactRecord | undefined;
  execution(id: number): ExecutionWithArtifacts | undefined;
  eventsOfArtifact(artifactId: number): readonly LineageEvent[];
}

/** An artifact went into, or came out of, an execution. */
export interface LineageEdge {
  readonly direction: 'input' | 'output';
  readonly artifactId: number;
  readonly executionId: number;
  readonly port: string;
  readonly index: number;
}

/** Artifacts and executions that hang together, in the order in which the walk met them. */
export interface Lineage {
  /** The artifact that was asked for. */
  readonly root: number;
  readonly artifacts: ReadonlyMap<number, ArtifactRecord>;
  readonly executions: ReadonlyMap<number, ExecutionRecord>;
  readonly edges: readonly LineageEdge[];
  /** There was more than the limit let through. */
  readonly truncated: boolean;
}

/** How far to walk. */
export interface WalkOptions {
  readonly direction: 'up' | 'down' | 'both';
  /** Most artifacts. */
  readonly limit: number;
}

/** A lineage while it grows. */
class Walk {
  readonly artifacts = new Map<number, ArtifactRecord>();
  readonly executions = new Map<number, ExecutionRecord>();
  readonly edges = new Map<string, LineageEdge>();
  truncated = false;

  constructor(
    private readonly source: LineageSource,
    private readonly limit: number,
  ) {}

  /** Takes an artifact in; false when it was there already, or there is no more room. */
  admit(artifact: ArtifactRecord): boolean {
    if (this.artifacts.has(artifact.id)) return false;
    if (this.artifacts.size >= this.limit) {
      this.truncated = true;
      return false;
    }
    this.artifacts.set(artifact.id, artifact);
    return true;
  }

  join(
    direction: LineageEdge['direction'],
    { port, index, artifact }: BoundArtifact,
    execution: ExecutionRecord,
  ): void {
    if (!this.artifacts.has(artifact.id)) return;
    this.executions.set(execution.id, execution);
    const key = `${direction} ${String(artifact.id)} ${String(execution.id)} ${port} ${String(index)}`;
    this.edges.set(key, { direction, artifactId: artifact.id, executionId: execution.id, port, index });
  }

  /** Walks from artifact to artifact, breadth first, without recursion. */
  go(start: ArtifactRecord, neighbours: (artifact: ArtifactRecord) => readonly ArtifactRecord[]): void {
    const queue = [start];
    for (let at = 0; at < queue.length; at++) {
      const artifact = queue[at];
      if (artifact !== undefined) queue.push(...neighbours(artifact));
    }
  }

  /** The execution that made an artifact. */
  maker(artifact: ArtifactRecord): ExecutionWithArtifacts | undefined {
    const made = this.source.eventsOfArtifact(artifact.id).find((event) => event.direction === 'output');
    const maker = made && this.source.execution(made.origin);
    const output = maker?.outputs.find((each) => each.artifact.id === artifact.id);
    if (maker !== undefined && output !== undefined) this.join('output', output, maker.execution);
    return maker;
  }

  /** What an artifact was made from. */
  makersInputs(artifact: ArtifactRecord): readonly ArtifactRecord[] {
    const maker = this.maker(artifact);
    if (maker === undefined) return [];
    const fresh = maker.inputs.filter((input) => this.admit(input.artifact)).map((input) => input.artifact);
    for (const input of maker.inputs) this.join('input', input, maker.execution);
    return fresh;
  }

  /** What was made from an artifact. */
  usersOutputs(artifact: ArtifactRecord): readonly ArtifactRecord[] {
    const fresh: ArtifactRecord[] = [];
    const users = new Map<number, ExecutionWithArtifacts | undefined>();
    for (const { direction, origin, port, index } of this.source.eventsOfArtifact(artifact.id)) {
      if (direction !== 'input') continue;
      // Most events of an artifact that is used for long are those of cached executions: all of one origin.
      const isNew = !users.has(origin);
      const user = isNew ? this.source.execution(origin) : users.get(origin);
      users.set(origin, user);
      if (user?.execution.state !== 'COMPLETE') continue;
      this.join('input', { port, index, artifact }, user.execution);
      if (!isNew) continue;
      for (const output of user.outputs) {
        if (this.admit(output.artifact)) fresh.push(output.artifact);
        this.join('output', output, user.execution);
      }
    }
    return fresh;
  }
}

/** Walks the lineage of an artifact. */
export function walkLineage(source: LineageSource, root: ArtifactRecord, { direction, limit }: WalkOptions): Lineage {
  const walk = new Walk(source, Math.max(1, limit));
  walk.admit(root);
  if (direction !== 'down') walk.go(root, (artifact) => walk.makersInputs(artifact));
  else walk.maker(root);
  if (direction !== 'up') walk.go(root, (artifact) => walk.usersOutputs(artifact));
  const { artifacts, executions, edges, truncated } = walk;
  return { root: root.id, artifacts, executions, edges: [...edges.values()], truncated };
}
