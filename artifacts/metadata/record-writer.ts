/**
 * How single facts are written: types, contexts, properties, events, and the rows of runs, executions and artifacts.
 */
import { canonicalJson } from '../canonical-json.js';
import type { Digest, StatWitness } from '../store/artifact-store.js';
import type { PropertyValue } from '../types.js';
import type { Database, SqlValue } from './database.js';
import type { BoundArtifact, Completion, NewExecution, NewRun } from './metadata-store.js';
import type { ArtifactRecord, Binding, ExecutionState, ProducedArtifact, RunRecord, RunState } from './records.js';
import { costJson, number, runRecord, text } from './rows.js';
import { ARTIFACT_STATE, EVENT, EXECUTION_STATE, NO_FINGERPRINT, TYPE_KIND } from './schema.js';

/** How an execution stands when it is first on record. */
export interface ExecutionStanding {
  readonly state: ExecutionState;
  /** Undefined while it goes on. */
  readonly endedAt?: number;
  /** The execution whose outputs stand for its own. */
  readonly cachedFrom?: number;
  /** Metrics that it has from there. */
  readonly metrics?: Completion['metrics'];
  /** How it ended, of one that was executed and is over; see {@link RecordWriter.insertProducts} for what it made. */
  readonly completion?: Completion;
}

/** Strings that ML Metadata reads as something else. */
const RESERVED_TEXT = /^mlmd-struct::|^__MLMD_NULL__$/u;

/** A text that ML Metadata's reader takes for what it is. */
function plainText(value: string): string {
  const withoutNul = value.replaceAll('\0', '\u2400');
  return RESERVED_TEXT.test(withoutNul) ? ` ${withoutNul}` : withoutNul;
}

/** Writes facts into an open file, and remembers the numbers of types and contexts. */
export class RecordWriter {
  readonly #database: Database;
  readonly #typeIds = new Map<string, number>();
  readonly #contextIds = new Map<string, number>();
  /** The run that is being written: its row is asked for by every step. */
  #current: RunRecord | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The number of a type, which is added where it is not there. */
  typeId(name: string, kind: number): number {
    const key = `${String(kind)} ${name}`;
    const cached = this.#typeIds.get(key);
    if (cached !== undefined) return cached;
    const row = this.#database.get(
      'SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL',
      name,
      kind,
    );
    const id = row
      ? number(row, 'id')
      : this.#database.run('INSERT INTO Type (name, type_kind) VALUES (?, ?)', name, kind);
    this.#typeIds.set(key, id);
    return id;
  }

  /**
   * The number of a context, which is added where it is not there.
   *
   * @param allKnown - that those which there are were looked up: one that is not known is new
   */
  contextId(type: string, name: string, now: number, allKnown = false): number {
    const key = `${type} ${name}`;
    const cached = this.#contextIds.get(key);
    if (cached !== undefined) return cached;
    const kind = this.typeId(type, TYPE_KIND.context);
    const row = allKnown
      ? undefined
      : this.#database.get('SELECT id FROM Context WHERE type_id = ? AND name = ?', kind, name);
    const id = row ? number(row, 'id') : this.#database.newId('Context');
    if (row === undefined) {
      const times = { create_time_since_epoch: now, last_update_time_since_epoch: now };
      this.#database.insert('Context', { id, type_id: kind, name, ...times });
    }
    this.#contextIds.set(key, id);
    return id;
  }

  /** A property of an artifact or an execution. */
  property(table: 'Artifact' | 'Execution', id: number, name: string, custom: boolean, value: PropertyValue): void {
    const isInteger = Number.isSafeInteger(value);
    const row = {
      [`${table.toLowerCase()}_id`]: id,
      name,
      is_custom_property: custom ? 1 : 0,
      int_value: typeof value === 'number' && isInteger ? value : null,
      double_value: typeof value === 'number' && !isInteger ? { double: value } : null,
      string_value: typeof value === 'string' ? plainText(value) : null,
      bool_value: typeof value === 'boolean' ? Number(value) : null,
    };
    this.#database.insert(`${table}Property`, row, 'ON CONFLICT DO NOTHING');
  }

  /** Artifacts at ports of an execution: ours, and ML Metadata's events and attributions. */
  bind(
    executionId: number,
    direction: keyof typeof EVENT,
    bindings: readonly Binding[],
    contexts: readonly number[],
    at: number,
  ): void {
    const type = EVENT[direction];
    const events = new Set<number>();
    for (const { port, index, artifactId } of bindings) {
      const binding = { execution_id: executionId, direction: type, port, position: index, artifact_id: artifactId };
      this.#database.insert('pipeline_binding', binding);
      if (events.has(artifactId)) continue;
      events.add(artifactId);
      const id = this.#database.newId('Event');
      const ends = { artifact_id: artifactId, execution_id: executionId };
      this.#database.insert('Event', { id, ...ends, type, milliseconds_since_epoch: at });
      this.#database.insert('EventPath', { event_id: id, is_index_step: 0, step_key: port, step_index: null });
      this.#database.insert('EventPath', { event_id: id, is_index_step: 1, step_key: null, step_index: index });
      for (const context of contexts) {
        const row = { context_id: context, artifact_id: artifactId };
        this.#database.insert('Attribution', row, 'ON CONFLICT DO NOTHING');
      }
    }
  }

  #runRow(runId: number): RunRecord {
    const row = this.#database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
    if (row === undefined) throw new Error(`no run ${String(runId)}`);
    return runRecord(row);
  }

  /** A run with its context. @param wanted - its number, where that is not for the database to choose */
  insertRun(run: NewRun, state: RunState, endedAt: number | null, wanted: number | null = null): RunRecord {
    const id = this.#database.run(
      'INSERT INTO pipeline_run (id, context_id, pipeline, file, params, state, started_at, ended_at, owner) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)',
      wanted,
      run.pipeline,
      run.file,
      canonicalJson(run.params),
      state,
      run.startedAt,
      endedAt,
      canonicalJson(run.owner),
    );
    const context = this.contextId('pipeline_run', `${run.pipeline}.${String(id)}`, run.startedAt);
    const parent = this.contextId('pipeline', run.pipeline, run.startedAt);
    this.#database.run('UPDATE pipeline_run SET context_id = ? WHERE id = ?', context, id);
    this.#database.run('INSERT INTO ParentContext (context_id, parent_context_id) VALUES (?, ?)', context, parent);
    return this.#runRow(id);
  }

  /** Makes executions a run's too, with the artifacts at their ports. @param executions - a query of their numbers */
  joinRun({ pipeline, id, startedAt }: RunRecord, executions: string, value: SqlValue): void {
    const context = this.contextId('pipeline_run', `${pipeline}.${String(id)}`, startedAt);
    this.#database.run(
      `INSERT INTO Association (context_id, execution_id) SELECT ?, execution_id FROM (${executions})`,
      context,
      value,
    );
    this.#database.run(
      `INSERT INTO Attribution (context_id, artifact_id) SELECT DISTINCT ?, artifact_id FROM pipeline_binding WHERE execution_id IN (${executions}) ON CONFLICT DO NOTHING`,
      context,
      value,
    );
  }

  /** The contexts that an execution of a node belongs to. */
  contextsOf(run: RunRecord, node: string): readonly number[] {
    return [
      this.contextId('pipeline', run.pipeline, run.startedAt),
      this.contextId('pipeline_run', `${run.pipeline}.${String(run.id)}`, run.startedAt),
      this.contextId('node', `${run.pipeline}.${node}`, run.startedAt, true),
    ];
  }

  /** All that is written in it, or nothing. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work, () => {
      // Rows that were not kept must not be referred to by what is written next.
      this.#typeIds.clear();
      this.#contextIds.clear();
      this.#current = undefined;
    });
  }

  /** The row of the run that is being written. */
  runOf(runId: number): RunRecord {
    if (this.#current?.id !== runId) {
      this.#current = this.#runRow(runId);
      // The contexts of all its nodes in one query; '/' follows '.' in ASCII.
      const { pipeline } = this.#current;
      const query = 'SELECT id, name FROM Context WHERE type_id = ? AND name > ? AND name < ?';
      for (const row of this.#database.all(
        query,
        this.typeId('node', TYPE_KIND.context),
        `${pipeline}.`,
        `${pipeline}/`,
      )) {
        this.#contextIds.set(`node ${text(row, 'name')}`, number(row, 'id'));
      }
    }
    return this.#current;
  }

  /** An execution with its inputs. */
  insertExecution(
    execution: Omit<NewExecution, 'fingerprint'> & Partial<Pick<NewExecution, 'fingerprint'>>,
    standing: ExecutionStanding,
  ): number {
    const run = this.runOf(execution.runId);
    const { runId, node, component, fingerprint, startedAt } = execution;
    const { state, endedAt, cachedFrom, completion } = standing;
    const id = this.#database.newId('Execution');
    this.#database.insert('Execution', {
      id,
      type_id: this.typeId(component, TYPE_KIND.execution),
      last_known_state: EXECUTION_STATE[state],
      create_time_since_epoch: startedAt,
      last_update_time_since_epoch: endedAt ?? startedAt,
    });
    if (fingerprint !== undefined) {
      const { digest, document, sources } = fingerprint;
      const places = 'ON CONFLICT (digest) DO UPDATE SET sources = excluded.sources WHERE sources <> excluded.sources';
      this.#database.insert('pipeline_fingerprint', { digest, document, sources }, places);
    }
    this.#database.insert('pipeline_execution', {
      execution_id: id,
      run_id: runId,
      node,
      component,
      fingerprint: fingerprint?.digest ?? NO_FINGERPRINT,
      reusable: completion?.reusable === true ? 1 : 0,
      cached_from: cachedFrom ?? null,
      metrics: canonicalJson(standing.metrics ?? completion?.metrics ?? {}),
      reason: execution.reason ?? null,
      timings: completion === undefined ? null : costJson(completion),
      attempts: completion?.attempts ?? 0,
      log: execution.log ?? null,
      started_at: startedAt,
      ended_at: endedAt ?? null,
    });
    this.property('Execution', id, 'node', true, node);
    const contexts = this.contextsOf(run, node);
    for (const context of contexts) this.#database.insert('Association', { context_id: context, execution_id: id });
    this.bind(id, 'input', execution.inputs, contexts, startedAt);
    return id;
  }

  /** What an execution made: its metrics, and its artifacts, which are new. */
  insertProducts(
    executionId: number,
    { runId, node }: Pick<NewExecution, 'runId' | 'node'>,
    { outputs, metrics, endedAt }: Completion,
  ): readonly BoundArtifact[] {
    for (const [name, value] of Object.entries(metrics)) this.property('Execution', executionId, name, true, value);
    const made = outputs.map((output) => {
      this.saveWitness(output.digest, output.witness);
      return { port: output.port, index: output.index, artifact: this.insertArtifact(output, endedAt) };
    });
    const bindings = made.map(({ port, index, artifact }) => ({ port, index, artifactId: artifact.id }));
    this.bind(executionId, 'output', bindings, this.contextsOf(this.runOf(runId), node), endedAt);
    return made;
  }

  /** A new artifact. */
  insertArtifact(artifact: ProducedArtifact, at: number): ArtifactRecord {
    const { type, digest, properties, bytes, files } = artifact;
    const id = this.#database.newId('Artifact');
    this.#database.insert('Artifact', {
      id,
      type_id: this.typeId(type, TYPE_KIND.artifact),
      uri: `artifacts/${digest}`,
      state: ARTIFACT_STATE.LIVE,
      create_time_since_epoch: at,
      last_update_time_since_epoch: at,
    });
    const named = Object.entries(properties);
    const declared = named.length === 0 ? new Set() : this.#declaredProperties(type);
    for (const [name, value] of named) this.property('Artifact', id, name, !declared.has(name), value);
    this.property('Artifact', id, 'digest', true, digest);
    const row = { artifact_id: id, digest, properties: canonicalJson(properties), bytes, files };
    this.#database.insert('pipeline_artifact', row);
    return { id, type, digest, properties, bytes, files, createdAt: at, gone: false };
  }

  /** Names of the properties that a type of artifacts declares. */
  #declaredProperties(type: string): ReadonlySet<string> {
    const query = 'SELECT name FROM TypeProperty WHERE type_id = ?';
    return new Set(this.#database.all(query, this.typeId(type, TYPE_KIND.artifact)).map((row) => text(row, 'name')));
  }

  /** What the system said of an artifact's files. */
  saveWitness(digest: Digest, witness: StatWitness): void {
    const row = { digest, witness: canonicalJson(witness) };
    const latest = 'ON CONFLICT (digest) DO UPDATE SET witness = excluded.witness';
    this.transaction(() => {
      this.#database.insert('pipeline_witness', row, latest);
    });
  }

  /** The state of an execution. */
  setState(executionId: number, state: ExecutionState, at: number): void {
    this.#database.run(
      'UPDATE Execution SET last_known_state = ?, last_update_time_since_epoch = ? WHERE id = ?',
      EXECUTION_STATE[state],
      at,
      executionId,
    );
  }
}
