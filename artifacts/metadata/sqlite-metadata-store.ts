/**
 * The metadata store in one SQLite file. Each fact is written twice: as ML Metadata has it, for its own tools, and in
 * our tables, where it can be asked for in one query. Both in one transaction.
 */
import { canonicalJson } from '../canonical-json.js';
import type { Digest } from '../store/artifact-store.js';
import { StoreError } from '../store/store-error.js';
import type { ArtifactType, PropertyValue } from '../types.js';
import { Database, type Row } from './database.js';
import type {
  BoundArtifact,
  ExecutionWithArtifacts,
  LineageEvent,
  MetadataStore,
  NewExecution,
  NewRun,
  RunQuery,
} from './metadata-store.js';
import type {
  ArtifactRecord,
  Binding,
  ExecutionState,
  ProcessIdentity,
  ProducedArtifact,
  RunRecord,
  RunState,
} from './records.js';
import {
  ARTIFACT_SELECT,
  artifactRecord,
  BINDING_SELECT,
  costJson,
  EXECUTION_SELECT,
  executionRecord,
  executionState,
  isWholeArtifact,
  isWholeExecution,
  nodeMetrics,
  number,
  repeated,
  runRecord,
  text,
  timingsOf,
  witnessOf,
} from './rows.js';
import {
  ARTIFACT_STATE,
  createStatements,
  DATA_TYPE,
  EVENT,
  EXECUTION_STATE,
  METADATA_FORMAT,
  ML_METADATA_SCHEMA,
  NO_FINGERPRINT,
  TABLES,
  TYPE_KIND,
} from './schema.js';

/** Strings that ML Metadata reads as something else. */
const RESERVED_TEXT = /^mlmd-struct::|^__MLMD_NULL__$/u;

/** A text that ML Metadata's reader takes for what it is. */
function plainText(value: string): string {
  const withoutNul = value.replaceAll('\0', '\u2400');
  return RESERVED_TEXT.test(withoutNul) ? ` ${withoutNul}` : withoutNul;
}

/** Condition on runs, with {@link runsWhere} as its values. */
const RUNS_WHERE = 'WHERE (? IS NULL OR pipeline = ?) AND (? IS NULL OR state = ?)';

function runsWhere({ pipeline, state }: Pick<RunQuery, 'pipeline' | 'state'>): readonly (string | null)[] {
  return [pipeline ?? null, pipeline ?? null, state ?? null, state ?? null];
}

/** The executions of runs: their own, and those of another run that they repeat. */
const RUN_EXECUTIONS =
  'pipeline_run r JOIN Association s ON s.context_id = r.context_id JOIN pipeline_execution p ON p.execution_id = s.execution_id';

const EXECUTIONS_OF_RUN = `SELECT p.execution_id FROM ${RUN_EXECUTIONS} WHERE r.id = ?`;

/**
 * Executions of a run that the next one would find again: those that were skipped, and those whose outputs are, of all
 * that have their fingerprint, the newest that may be used.
 */
const STANDING = `SELECT count(*) AS executions, coalesce(sum(p.fingerprint = ? OR
  (SELECT max(o.execution_id) FROM pipeline_execution o WHERE o.fingerprint = p.fingerprint AND o.reusable = 1) = coalesce(p.cached_from, p.execution_id)), 0) AS standing
  FROM pipeline_execution p WHERE p.run_id = ?`;

/** Executions with an artifact of a digest among their outputs. */
const MADE_BY = `SELECT b.execution_id FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id WHERE d.digest = ? AND b.direction = ${String(EVENT.output)}`;

/** Artifacts at any port of the executions that blessings and pushed models came from, directly or by others. */
const SHIPPED = `
  WITH RECURSIVE maker(execution_id) AS (
    SELECT b.execution_id FROM pipeline_artifact d
      JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id
      JOIN pipeline_binding b ON b.artifact_id = d.artifact_id AND b.direction = ${String(EVENT.output)}
      JOIN pipeline_execution p ON p.execution_id = b.execution_id AND p.cached_from IS NULL
      WHERE CASE WHEN NOT json_valid(d.properties) THEN 0
        WHEN t.name = 'ModelBlessing' THEN json_extract(d.properties, '$.blessed') = 1
        WHEN t.name = 'PushedModel' THEN json_extract(d.properties, '$.pushed') = 1 END
    UNION
    SELECT o.execution_id FROM maker m
      JOIN pipeline_binding i ON i.execution_id = m.execution_id AND i.direction = ${String(EVENT.input)}
      JOIN pipeline_binding o ON o.artifact_id = i.artifact_id AND o.direction = ${String(EVENT.output)}
      JOIN pipeline_execution p ON p.execution_id = o.execution_id AND p.cached_from IS NULL
  )
  SELECT DISTINCT d.digest FROM maker m
    JOIN pipeline_binding b ON b.execution_id = m.execution_id JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id`;

function isEmpty(database: Database): boolean {
  const known = database.get("SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table'");
  return known !== undefined && number(known, 'tables') === 0;
}

function prepare(database: Database): void {
  // Who only reads must not need to write; another process may make the tables at the same time.
  if (isEmpty(database)) {
    database.transaction(() => {
      if (isEmpty(database)) database.execute(createStatements());
    });
  }
  const versions = database.get(
    "SELECT (SELECT count(*) FROM sqlite_master WHERE name IN ('MLMDEnv', 'pipeline_format')) AS tables",
  );
  if (versions === undefined || number(versions, 'tables') !== 2) {
    throw new StoreError(
      'foreign-format',
      `${database.path} is a database of another program`,
      'choose another folder with --root',
    );
  }
  const there = new Set(database.all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => row['name']));
  const missing = TABLES.find((name) => !there.has(name));
  if (missing !== undefined) {
    throw new StoreError(
      'damaged-metadata',
      `${database.path} has lost its table ${missing}`,
      'restore it from a backup, or move it away to begin anew',
    );
  }
  const schema = database.get('SELECT schema_version AS version FROM MLMDEnv')?.['version'];
  const format = database.get('SELECT version FROM pipeline_format')?.['version'];
  if (schema !== ML_METADATA_SCHEMA || format !== METADATA_FORMAT) {
    throw new StoreError(
      'foreign-format',
      `${database.path} has metadata format ${String(format)} on schema ${String(schema)}; this release reads ${String(METADATA_FORMAT)} on ${String(ML_METADATA_SCHEMA)}`,
      'use the release that wrote it, or choose another folder with --root',
    );
  }
}

/**
 * Opens the metadata store, making an empty one when the file is not there.
 *
 * @throws StoreError when the file is of another format, damaged or cannot be written
 */
export function openMetadataStore(path: string): MetadataStore {
  const database = new Database(path);
  prepare(database);
  const typeIds = new Map<string, number>();
  const contextIds = new Map<string, number>();

  const typeId = (name: string, kind: number): number => {
    const key = `${String(kind)} ${name}`;
    const cached = typeIds.get(key);
    if (cached !== undefined) return cached;
    const row = database.get('SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL', name, kind);
    const id = row ? number(row, 'id') : database.run('INSERT INTO Type (name, type_kind) VALUES (?, ?)', name, kind);
    typeIds.set(key, id);
    return id;
  };

  /** @param allKnown - that those which there are were looked up: one that is not known is new */
  const contextId = (type: string, name: string, now: number, allKnown = false): number => {
    const key = `${type} ${name}`;
    const cached = contextIds.get(key);
    if (cached !== undefined) return cached;
    const kind = typeId(type, TYPE_KIND.context);
    const row = allKnown
      ? undefined
      : database.get('SELECT id FROM Context WHERE type_id = ? AND name = ?', kind, name);
    const id = row ? number(row, 'id') : database.newId('Context');
    if (row === undefined) {
      const times = { create_time_since_epoch: now, last_update_time_since_epoch: now };
      database.insert('Context', { id, type_id: kind, name, ...times });
    }
    contextIds.set(key, id);
    return id;
  };

  const property = (
    table: 'Artifact' | 'Execution',
    id: number,
    name: string,
    custom: boolean,
    value: PropertyValue,
  ): void => {
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
    database.insert(`${table}Property`, row, 'ON CONFLICT DO NOTHING');
  };

  const bind = (
    executionId: number,
    direction: keyof typeof EVENT,
    bindings: readonly Binding[],
    contexts: readonly number[],
    at: number,
  ): void => {
    const type = EVENT[direction];
    const events = new Set<number>();
    for (const { port, index, artifactId } of bindings) {
      const binding = { execution_id: executionId, direction: type, port, position: index, artifact_id: artifactId };
      database.insert('pipeline_binding', binding);
      if (events.has(artifactId)) continue;
      events.add(artifactId);
      const id = database.newId('Event');
      const ends = { artifact_id: artifactId, execution_id: executionId };
      database.insert('Event', { id, ...ends, type, milliseconds_since_epoch: at });
      database.insert('EventPath', { event_id: id, is_index_step: 0, step_key: port, step_index: null });
      database.insert('EventPath', { event_id: id, is_index_step: 1, step_key: null, step_index: index });
      for (const context of contexts) {
        const row = { context_id: context, artifact_id: artifactId };
        database.insert('Attribution', row, 'ON CONFLICT DO NOTHING');
      }
    }
  };

  const runRow = (runId: number): RunRecord => {
    const row = database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
    if (row === undefined) throw new Error(`no run ${String(runId)}`);
    return runRecord(row);
  };

  const insertRun = (run: NewRun, state: RunState, endedAt: number | null): RunRecord => {
    const id = database.run(
      'INSERT INTO pipeline_run (context_id, pipeline, file, params, state, started_at, ended_at, owner) VALUES (0, ?, ?, ?, ?, ?, ?, ?)',
      run.pipeline,
      run.file,
      canonicalJson(run.params),
      state,
      run.startedAt,
      endedAt,
      canonicalJson(run.owner),
    );
    const context = contextId('pipeline_run', `${run.pipeline}.${String(id)}`, run.startedAt);
    const parent = contextId('pipeline', run.pipeline, run.startedAt);
    database.run('UPDATE pipeline_run SET context_id = ? WHERE id = ?', context, id);
    database.run('INSERT INTO ParentContext (context_id, parent_context_id) VALUES (?, ?)', context, parent);
    return runRow(id);
  };

  const contextsOf = (run: RunRecord, node: string): readonly number[] => [
    contextId('pipeline', run.pipeline, run.startedAt),
    contextId('pipeline_run', `${run.pipeline}.${String(run.id)}`, run.startedAt),
    contextId('node', `${run.pipeline}.${node}`, run.startedAt, true),
  ];

  /** The run that is being written: its row is asked for by every step. */
  let current: RunRecord | undefined;

  const transaction = <T>(work: () => T): T =>
    database.transaction(work, () => {
      // Rows that were not kept must not be referred to by what is written next.
      typeIds.clear();
      contextIds.clear();
      current = undefined;
    });

  const runOf = (runId: number): RunRecord => {
    if (current?.id !== runId) {
      current = runRow(runId);
      // The contexts of all its nodes in one query; '/' follows '.' in ASCII.
      const { pipeline } = current;
      const query = 'SELECT id, name FROM Context WHERE type_id = ? AND name > ? AND name < ?';
      for (const row of database.all(query, typeId('node', TYPE_KIND.context), `${pipeline}.`, `${pipeline}/`)) {
        contextIds.set(`node ${text(row, 'name')}`, number(row, 'id'));
      }
    }
    return current;
  };

  const insertExecution = (
    execution: Omit<NewExecution, 'fingerprint'> & Partial<Pick<NewExecution, 'fingerprint'>>,
    state: ExecutionState,
    cachedFrom: number | null,
    endedAt: number | null,
    metrics: string,
  ): number => {
    const run = runOf(execution.runId);
    const { runId, node, component, fingerprint, startedAt } = execution;
    const id = database.newId('Execution');
    database.insert('Execution', {
      id,
      type_id: typeId(component, TYPE_KIND.execution),
      last_known_state: EXECUTION_STATE[state],
      create_time_since_epoch: startedAt,
      last_update_time_since_epoch: endedAt ?? startedAt,
    });
    if (fingerprint !== undefined) {
      const { digest, document, sources } = fingerprint;
      const places = 'ON CONFLICT (digest) DO UPDATE SET sources = excluded.sources WHERE sources <> excluded.sources';
      database.insert('pipeline_fingerprint', { digest, document, sources }, places);
    }
    database.insert('pipeline_execution', {
      execution_id: id,
      run_id: runId,
      node,
      component,
      fingerprint: fingerprint?.digest ?? NO_FINGERPRINT,
      cached_from: cachedFrom,
      reason: execution.reason ?? null,
      metrics,
      attempts: 0,
      log: execution.log ?? null,
      started_at: startedAt,
      ended_at: endedAt,
    });
    property('Execution', id, 'node', true, node);
    const contexts = contextsOf(run, node);
    for (const context of contexts) database.insert('Association', { context_id: context, execution_id: id });
    bind(id, 'input', execution.inputs, contexts, startedAt);
    return id;
  };

  const insertArtifact = (artifact: ProducedArtifact, at: number): ArtifactRecord => {
    const id = database.run(
      'INSERT INTO Artifact (type_id, uri, state, create_time_since_epoch, last_update_time_since_epoch) VALUES (?, ?, ?, ?, ?)',
      typeId(artifact.type, TYPE_KIND.artifact),
      `artifacts/${artifact.digest}`,
      ARTIFACT_STATE.LIVE,
      at,
      at,
    );
    const declared = new Set(
      database
        .all('SELECT name FROM TypeProperty WHERE type_id = ?', typeId(artifact.type, TYPE_KIND.artifact))
        .map((row) => text(row, 'name')),
    );
    for (const [name, value] of Object.entries(artifact.properties)) {
      property('Artifact', id, name, !declared.has(name), value);
    }
    property('Artifact', id, 'digest', true, artifact.digest);
    database.run(
      'INSERT INTO pipeline_artifact (artifact_id, digest, properties, bytes, files) VALUES (?, ?, ?, ?, ?)',
      id,
      artifact.digest,
      canonicalJson(artifact.properties),
      artifact.bytes,
      artifact.files,
    );
    const { type, digest, properties, bytes, files } = artifact;
    return { id, type, digest, properties, bytes, files, createdAt: at, gone: false };
  };

  const saveWitness: MetadataStore['saveWitness'] = (digest, witness) => {
    database.run(
      'INSERT OR REPLACE INTO pipeline_witness (digest, witness) VALUES (?, ?)',
      digest,
      canonicalJson(witness),
    );
  };

  const bindingsOf = (rows: readonly Row[]): Map<number, { inputs: BoundArtifact[]; outputs: BoundArtifact[] }> => {
    const bindings = new Map<number, { inputs: BoundArtifact[]; outputs: BoundArtifact[] }>();
    for (const row of rows) {
      const id = number(row, 'execution_id');
      const group = bindings.get(id) ?? { inputs: [], outputs: [] };
      bindings.set(id, group);
      const bound = { port: text(row, 'port'), index: number(row, 'position'), artifact: artifactRecord(row) };
      (row['direction'] === EVENT.input ? group.inputs : group.outputs).push(bound);
    }
    return bindings;
  };

  const withArtifacts = (rows: readonly Row[], bindings: readonly Row[]): readonly ExecutionWithArtifacts[] => {
    const bound = bindingsOf(bindings);
    return rows.map((row) => {
      const execution = executionRecord(row);
      return { execution, ...(bound.get(execution.id) ?? { inputs: [], outputs: [] }) };
    });
  };

  /** Without those that are damaged: they must not stand for steps. */
  const wholeWithArtifacts = (rows: readonly Row[], bindings: readonly Row[]): readonly ExecutionWithArtifacts[] => {
    const damaged = new Set(bindings.filter((row) => !isWholeArtifact(row)).map((row) => row['execution_id']));
    return withArtifacts(
      rows.filter((row) => isWholeExecution(row) && !damaged.has(row['execution_id'] ?? null)),
      bindings,
    );
  };

  const rowsOf = (id: number): readonly [executions: readonly Row[], bindings: readonly Row[]] => [
    database.all(`${EXECUTION_SELECT} WHERE p.execution_id = ?`, id),
    database.all(`${BINDING_SELECT} WHERE b.execution_id = ? ORDER BY b.port, b.position`, id),
  ];

  const executionById = (id: number): ExecutionWithArtifacts | undefined => withArtifacts(...rowsOf(id))[0];

  const events = (condition: string, id: number): readonly LineageEvent[] =>
    database
      .all(
        `SELECT b.*, COALESCE(p.cached_from, b.execution_id) AS origin FROM pipeline_binding b JOIN pipeline_execution p ON p.execution_id = b.execution_id WHERE b.${condition} = ? ORDER BY b.execution_id, direction, port, position`,
        id,
      )
      .map((row) => ({
        direction: row['direction'] === EVENT.input ? 'input' : 'output',
        artifactId: number(row, 'artifact_id'),
        executionId: number(row, 'execution_id'),
        origin: number(row, 'origin'),
        port: text(row, 'port'),
        index: number(row, 'position'),
      }));

  const setState = (executionId: number, state: ExecutionState, at: number): void => {
    database.run(
      'UPDATE Execution SET last_known_state = ?, last_update_time_since_epoch = ? WHERE id = ?',
      EXECUTION_STATE[state],
      at,
      executionId,
    );
  };

  return {
    transaction,

    beginRun: (run) => transaction(() => insertRun(run, 'RUNNING', null)),

    recordRepeat: (run, { of, nodes, endedAt }) =>
      transaction(() => {
        const found = database.get(STANDING, NO_FINGERPRINT, of) ?? {};
        if (number(found, 'executions') !== nodes || number(found, 'standing') !== nodes) return undefined;
        const { id } = insertRun(run, 'COMPLETE', endedAt);
        const context = contextId('pipeline_run', `${run.pipeline}.${String(id)}`, run.startedAt);
        const executions = 'SELECT execution_id FROM pipeline_execution WHERE run_id = ?';
        database.run(
          `INSERT INTO Association (context_id, execution_id) SELECT ?, execution_id FROM (${executions})`,
          context,
          of,
        );
        database.run(
          `INSERT INTO Attribution (context_id, artifact_id) SELECT ?, artifact_id FROM (SELECT DISTINCT artifact_id FROM pipeline_binding WHERE execution_id IN (${executions}))`,
          context,
          of,
        );
        return id;
      }),

    endRun: (runId, state, endedAt) => {
      database.run('UPDATE pipeline_run SET state = ?, ended_at = ? WHERE id = ?', state, endedAt, runId);
    },

    closeDeadRuns: (isAlive: (owner: ProcessIdentity) => boolean, now) => {
      const dead = database
        .all("SELECT * FROM pipeline_run WHERE state = 'RUNNING'")
        .map(runRecord)
        .filter((run) => !isAlive(run.owner));
      if (dead.length === 0) return dead;
      transaction(() => {
        const failure = canonicalJson({ code: 'process-died', message: 'the process that ran it died' });
        for (const { id } of dead) {
          const running = database.all(
            'SELECT e.id FROM Execution e JOIN pipeline_execution p ON p.execution_id = e.id WHERE p.run_id = ? AND e.last_known_state = ?',
            id,
            EXECUTION_STATE.RUNNING,
          );
          for (const row of running) {
            setState(number(row, 'id'), 'FAILED', now);
            database.run(
              'UPDATE pipeline_execution SET failure = ?, ended_at = ? WHERE execution_id = ?',
              failure,
              now,
              number(row, 'id'),
            );
          }
          database.run("UPDATE pipeline_run SET state = 'FAILED', ended_at = ? WHERE id = ?", now, id);
        }
      });
      return dead;
    },

    registerTypes: (types: Iterable<ArtifactType>) => {
      transaction(() => {
        for (const type of types) {
          const id = typeId(type.name, TYPE_KIND.artifact);
          for (const [name, kind] of Object.entries(type.properties)) {
            database.run(
              'INSERT OR IGNORE INTO TypeProperty (type_id, name, data_type) VALUES (?, ?, ?)',
              id,
              name,
              DATA_TYPE[kind],
            );
          }
          if (type.base !== undefined) {
            database.run(
              'INSERT OR IGNORE INTO ParentType (type_id, parent_type_id) VALUES (?, ?)',
              id,
              typeId(type.base, TYPE_KIND.artifact),
            );
          }
        }
      });
    },

    beginExecution: (execution) => transaction(() => insertExecution(execution, 'RUNNING', null, null, '{}')),

    completeExecution: (executionId, completion) =>
      transaction(() => {
        const row = database.get('SELECT run_id, node FROM pipeline_execution WHERE execution_id = ?', executionId);
        if (row === undefined) throw new Error(`no execution ${String(executionId)}`);
        const contexts = contextsOf(runOf(number(row, 'run_id')), text(row, 'node'));
        setState(executionId, 'COMPLETE', completion.endedAt);
        database.run(
          'UPDATE pipeline_execution SET reusable = ?, metrics = ?, timings = ?, attempts = ?, ended_at = ? WHERE execution_id = ?',
          completion.reusable ? 1 : 0,
          canonicalJson(completion.metrics),
          costJson(completion),
          completion.attempts,
          completion.endedAt,
          executionId,
        );
        for (const [name, value] of Object.entries(completion.metrics))
          property('Execution', executionId, name, true, value);
        const artifacts = completion.outputs.map((output) => {
          saveWitness(output.digest, output.witness);
          return insertArtifact(output, completion.endedAt);
        });
        const bindings = artifacts.flatMap(({ id }, place) => {
          const output = completion.outputs[place];
          return output === undefined ? [] : [{ port: output.port, index: output.index, artifactId: id }];
        });
        bind(executionId, 'output', bindings, contexts, completion.endedAt);
        return artifacts;
      }),

    recordCached: (execution, { execution: origin, outputs }, endedAt) =>
      transaction(() => {
        const row = database.get('SELECT reusable FROM pipeline_execution WHERE execution_id = ?', origin.id);
        if (row?.['reusable'] !== 1) return undefined;
        const id = insertExecution(execution, 'CACHED', origin.id, endedAt, canonicalJson(origin.metrics));
        const contexts = contextsOf(runOf(execution.runId), execution.node);
        const bindings = outputs.map(({ port, index, artifact }) => ({ port, index, artifactId: artifact.id }));
        bind(id, 'output', bindings, contexts, endedAt);
        return id;
      }),

    recordResolved: (execution, outputs, endedAt) =>
      transaction(() => {
        const id = insertExecution(execution, 'COMPLETE', null, endedAt, '{}');
        const contexts = contextsOf(runOf(execution.runId), execution.node);
        bind(id, 'output', outputs, contexts, endedAt);
        return id;
      }),

    recordSkipped: ({ runId, node, component, reason, at }) =>
      transaction(() => {
        const skipped = { runId, node, component, reason, startedAt: at, log: undefined, inputs: [] };
        const id = insertExecution(skipped, 'SKIPPED', null, at, '{}');
        property('Execution', id, 'skipped', true, reason);
        return id;
      }),

    failExecution: (executionId, end) => {
      transaction(() => {
        setState(executionId, end.state, end.endedAt);
        database.run(
          'UPDATE pipeline_execution SET reusable = 0, failure = ?, timings = ?, attempts = ?, ended_at = ? WHERE execution_id = ?',
          canonicalJson(end.failure),
          costJson(end),
          end.attempts,
          end.endedAt,
          executionId,
        );
        property('Execution', executionId, 'failure', true, end.failure.message);
      });
    },

    completedOf: (pipeline) => {
      const latest =
        'SELECT r.id FROM pipeline_run r WHERE r.pipeline = ? AND EXISTS (SELECT 1 FROM pipeline_execution WHERE run_id = r.id) ORDER BY r.id DESC LIMIT 1';
      const reusable = `reusable = 1 AND fingerprint IN (SELECT fingerprint FROM pipeline_execution WHERE run_id = (${latest}))`;
      const outputs = `direction = ${String(EVENT.output)} AND execution_id IN (SELECT execution_id FROM pipeline_execution WHERE ${reusable})`;
      const artifacts = `SELECT artifact_id FROM pipeline_binding WHERE ${outputs}`;
      const found = wholeWithArtifacts(
        database.all(`${EXECUTION_SELECT} WHERE p.${reusable} ORDER BY p.execution_id`, pipeline),
        database.all(`${BINDING_SELECT} WHERE b.${outputs} ORDER BY b.execution_id, b.port, b.position`, pipeline),
      );
      const witnesses = database.all(
        `SELECT * FROM pipeline_witness WHERE digest IN (SELECT digest FROM pipeline_artifact WHERE artifact_id IN (${artifacts}))`,
        pipeline,
      );
      return {
        // The newest of several with one fingerprint comes last, and stays.
        executions: new Map(found.map((each) => [each.execution.fingerprint ?? '', each])),
        witnesses: new Map(
          witnesses.flatMap((row) => {
            const witness = witnessOf(row);
            return witness === undefined ? [] : [[text(row, 'digest'), witness] as const];
          }),
        ),
      };
    },

    findCompleted: (fingerprint) => {
      const ids = database.all(
        'SELECT execution_id FROM pipeline_execution WHERE fingerprint = ? AND reusable = 1 ORDER BY execution_id DESC',
        fingerprint,
      );
      for (const row of ids) {
        const [found] = wholeWithArtifacts(...rowsOf(number(row, 'execution_id')));
        if (found !== undefined) return found;
      }
      return undefined;
    },

    retireArtifact: (digest) => {
      transaction(() => {
        database.run(`UPDATE pipeline_execution SET reusable = 0 WHERE execution_id IN (${MADE_BY})`, digest);
        database.run(
          'UPDATE Artifact SET state = ? WHERE id IN (SELECT artifact_id FROM pipeline_artifact WHERE digest = ?)',
          ARTIFACT_STATE.DELETED,
          digest,
        );
        database.run('DELETE FROM pipeline_witness WHERE digest = ?', digest);
      });
    },

    standing: (digest) => {
      const executions = database
        .all(`SELECT execution_id FROM pipeline_execution WHERE reusable = 1 AND execution_id IN (${MADE_BY})`, digest)
        .map((row) => number(row, 'execution_id'));
      const row = database.get('SELECT witness FROM pipeline_witness WHERE digest = ?', digest);
      return { executions, witness: row === undefined ? undefined : witnessOf(row) };
    },

    reviveArtifact: (digest, { executions, witness }) => {
      database.transaction(() => {
        for (const id of executions) {
          database.run(
            `UPDATE pipeline_execution SET reusable = 1 WHERE execution_id = ? AND execution_id IN (${MADE_BY})`,
            id,
            digest,
          );
        }
        database.run(
          'UPDATE Artifact SET state = ? WHERE id IN (SELECT artifact_id FROM pipeline_artifact WHERE digest = ?)',
          ARTIFACT_STATE.LIVE,
          digest,
        );
        if (witness !== undefined) saveWitness(digest, witness);
      });
    },

    standingBytes: () => {
      const row = database.get(
        'SELECT COALESCE(sum(bytes), 0) AS bytes FROM (SELECT d.digest, max(d.bytes) AS bytes FROM pipeline_witness w JOIN pipeline_artifact d ON d.digest = w.digest GROUP BY d.digest)',
      );
      return row === undefined ? 0 : number(row, 'bytes');
    },

    recordedDigests: () =>
      database
        .all(
          // Of a group, SQLite takes the columns from the row with the maximum.
          `SELECT d.digest, d.bytes, t.name AS type, p.node, b.port, max(p.execution_id) FROM pipeline_execution p JOIN pipeline_binding b ON b.execution_id = p.execution_id AND b.direction = ${String(EVENT.output)} JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id WHERE p.cached_from IS NULL GROUP BY d.digest`,
        )
        .map((row) => ({
          digest: text(row, 'digest'),
          type: text(row, 'type'),
          bytes: number(row, 'bytes'),
          node: text(row, 'node'),
          port: text(row, 'port'),
        })),

    digestUses: () =>
      database
        .all(
          `SELECT DISTINCT r.id AS run_id, d.digest FROM ${RUN_EXECUTIONS} JOIN pipeline_binding b ON b.execution_id = p.execution_id JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id`,
        )
        .map((row) => ({ runId: number(row, 'run_id'), digest: text(row, 'digest') })),

    standingDocuments: () =>
      database
        .all(
          `SELECT document FROM pipeline_fingerprint WHERE digest IN (SELECT p.fingerprint FROM pipeline_execution p WHERE p.ended_at IS NULL OR p.execution_id IN (SELECT b.execution_id FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN pipeline_witness w ON w.digest = d.digest WHERE b.direction = ${String(EVENT.output)}))`,
        )
        .map((row) => text(row, 'document')),

    shippedDigests: () => new Set(database.all(SHIPPED).map((row) => text(row, 'digest'))),

    witness: (digest) => {
      const row = database.get('SELECT witness FROM pipeline_witness WHERE digest = ?', digest);
      return row === undefined ? undefined : witnessOf(row);
    },
    saveWitness,

    run: (runId) => {
      const row = database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
      return row === undefined ? undefined : runRecord(row);
    },

    runs: ({ pipeline, state, limit, offset }) =>
      database
        .all(
          `SELECT * FROM pipeline_run ${RUNS_WHERE} ORDER BY id DESC LIMIT ? OFFSET ?`,
          ...runsWhere({ pipeline, state }),
          limit ?? -1,
          offset ?? 0,
        )
        .map(runRecord),

    countRuns: (query) => {
      const row = database.get(`SELECT count(*) AS runs FROM pipeline_run ${RUNS_WHERE}`, ...runsWhere(query));
      return row === undefined ? 0 : number(row, 'runs');
    },

    metricsOf: ({ pipeline, first, last }) =>
      database
        .all(
          `SELECT r.id AS run_id, p.node, p.metrics FROM ${RUN_EXECUTIONS} WHERE r.id BETWEEN ? AND ? AND (? IS NULL OR r.pipeline = ?) AND p.metrics <> '{}' ORDER BY r.id, p.execution_id`,
          first,
          last,
          pipeline ?? null,
          pipeline ?? null,
        )
        .map(nodeMetrics),

    executionsOf: (runId) => {
      const run = database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
      if (run === undefined) return [];
      const found = withArtifacts(
        database.all(
          `${EXECUTION_SELECT} WHERE p.execution_id IN (${EXECUTIONS_OF_RUN}) ORDER BY p.execution_id`,
          runId,
        ),
        database.all(
          `${BINDING_SELECT} WHERE b.execution_id IN (${EXECUTIONS_OF_RUN}) ORDER BY b.execution_id, b.port, b.position`,
          runId,
        ),
      );
      return found.map((each) =>
        each.execution.runId === runId ? each : { ...each, execution: repeated(each.execution, runRecord(run)) },
      );
    },

    executionCounts: (runId) => {
      const rows = database.all(
        `SELECT e.last_known_state AS state, p.fingerprint = ? AS skipped, p.run_id <> r.id AS repeated, count(*) AS executions FROM ${RUN_EXECUTIONS} JOIN Execution e ON e.id = p.execution_id WHERE r.id = ? GROUP BY 1, 2, 3`,
        NO_FINGERPRINT,
        runId,
      );
      const counts = { RUNNING: 0, COMPLETE: 0, CACHED: 0, FAILED: 0, CANCELED: 0, SKIPPED: 0 };
      for (const row of rows) {
        const state = executionState(number(row, 'state'), row['skipped'] === 1 ? NO_FINGERPRINT : 'some');
        const counted = row['repeated'] === 1 && state !== 'SKIPPED' ? 'CACHED' : state;
        counts[counted] += number(row, 'executions');
      }
      return counts;
    },

    execution: executionById,

    executionsOfNode: ({ pipeline, node, component, before, limit }) =>
      database
        .all(
          `${EXECUTION_SELECT} WHERE p.component = ? AND p.node = ? AND r.pipeline = ? AND p.execution_id < ? ORDER BY p.execution_id DESC LIMIT ?`,
          component,
          node,
          pipeline,
          before ?? Number.MAX_SAFE_INTEGER,
          limit,
        )
        .map(executionRecord),

    recentTimings: ({ pipeline, node, component, limit }) =>
      database
        .all(
          'SELECT p.timings FROM pipeline_execution p JOIN pipeline_run r ON r.id = p.run_id WHERE p.component = ? AND p.node = ? AND r.pipeline = ? AND p.timings IS NOT NULL AND p.failure IS NULL ORDER BY p.execution_id DESC LIMIT ?',
          component,
          node,
          pipeline,
          limit,
        )
        .flatMap((row) => timingsOf(row) ?? []),

    executionsOfComponent: ({ component, before, limit }) =>
      database
        .all(
          // With the plus SQLite walks from the newest execution on, rather than sort all of the component.
          `${EXECUTION_SELECT} WHERE +p.component = ? AND p.execution_id < ? ORDER BY p.execution_id DESC LIMIT ?`,
          component,
          before ?? Number.MAX_SAFE_INTEGER,
          limit,
        )
        .map(executionRecord),

    fingerprint: (digest) => {
      const row = database.get('SELECT * FROM pipeline_fingerprint WHERE digest = ?', digest);
      return row === undefined ? undefined : { digest, document: text(row, 'document'), sources: text(row, 'sources') };
    },

    artifact: (id) => {
      const row = database.get(`${ARTIFACT_SELECT} WHERE d.artifact_id = ?`, id);
      return row === undefined ? undefined : artifactRecord(row);
    },

    artifactsByDigest: (prefix: Digest) => {
      if (!/^[0-9a-f]+$/u.test(prefix)) return [];
      return database
        .all(
          `${ARTIFACT_SELECT} WHERE d.digest >= ? AND d.digest < ? ORDER BY d.artifact_id DESC`,
          prefix,
          `${prefix}g`,
        )
        .map(artifactRecord);
    },

    artifacts: ({ pipeline, type, limit }) =>
      database
        .all(
          `${ARTIFACT_SELECT} WHERE (? IS NULL OR t.name = ?) AND (? IS NULL OR d.artifact_id IN (SELECT at.artifact_id FROM Attribution at JOIN Context c ON c.id = at.context_id JOIN Type ct ON ct.id = c.type_id WHERE ct.name = 'pipeline' AND c.name = ?)) ORDER BY d.artifact_id DESC LIMIT ?`,
          type ?? null,
          type ?? null,
          pipeline ?? null,
          pipeline ?? null,
          limit ?? -1,
        )
        .map(artifactRecord),

    eventsOfArtifact: (artifactId) => events('artifact_id', artifactId),
    eventsOfExecution: (executionId) => events('execution_id', executionId),

    close: () => {
      database.close();
    },
  };
}
