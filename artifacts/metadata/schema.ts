/**
 * The tables of the metadata file: those of ML Metadata's SQLite schema, version 10, which Google's `ml_metadata` reads
 * and writes, and ours beside them. ML Metadata tolerates further tables in its file.
 *
 * Source of the format: google/ml-metadata, metadata_store/util/metadata_source_query_config.cc.
 */

const ID = 'id INTEGER PRIMARY KEY AUTOINCREMENT';
const EXTERNAL = 'external_id VARCHAR(255) UNIQUE';
const TIMES = 'create_time_since_epoch INT NOT NULL DEFAULT 0, last_update_time_since_epoch INT NOT NULL DEFAULT 0';

function propertyTable(owner: string): string {
  return (
    `${owner}_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property TINYINT(1) NOT NULL, int_value INT, ` +
    'double_value DOUBLE, string_value TEXT, byte_value BLOB, proto_value BLOB, bool_value BOOLEAN, ' +
    `PRIMARY KEY (${owner}_id, name, is_custom_property)`
  );
}

const ML_METADATA_TABLES: Readonly<Record<string, string>> = {
  MLMDEnv: 'schema_version INTEGER PRIMARY KEY',
  Type: `${ID}, name VARCHAR(255) NOT NULL, version VARCHAR(255), type_kind TINYINT(1) NOT NULL, description TEXT, input_type TEXT, output_type TEXT, ${EXTERNAL}`,
  TypeProperty: 'type_id INT NOT NULL, name VARCHAR(255) NOT NULL, data_type INT, PRIMARY KEY (type_id, name)',
  ParentType: 'type_id INT NOT NULL, parent_type_id INT NOT NULL, PRIMARY KEY (type_id, parent_type_id)',
  Artifact: `${ID}, type_id INT NOT NULL, uri TEXT, state INT, name VARCHAR(255), ${EXTERNAL}, ${TIMES}, UNIQUE (type_id, name)`,
  ArtifactProperty: propertyTable('artifact'),
  Execution: `${ID}, type_id INT NOT NULL, last_known_state INT, name VARCHAR(255), ${EXTERNAL}, ${TIMES}, UNIQUE (type_id, name)`,
  ExecutionProperty: propertyTable('execution'),
  Context: `${ID}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL, ${EXTERNAL}, ${TIMES}, UNIQUE (type_id, name)`,
  ContextProperty: propertyTable('context'),
  ParentContext: 'context_id INT NOT NULL, parent_context_id INT NOT NULL, PRIMARY KEY (context_id, parent_context_id)',
  Event: `${ID}, artifact_id INT NOT NULL, execution_id INT NOT NULL, type INT NOT NULL, milliseconds_since_epoch INT, UNIQUE (artifact_id, execution_id, type)`,
  EventPath: 'event_id INT NOT NULL, is_index_step TINYINT(1) NOT NULL, step_index INT, step_key TEXT',
  Association: `${ID}, context_id INT NOT NULL, execution_id INT NOT NULL, UNIQUE (context_id, execution_id)`,
  Attribution: `${ID}, context_id INT NOT NULL, artifact_id INT NOT NULL, UNIQUE (context_id, artifact_id)`,
};

/** Name, table, columns; a partial index has its condition in the last place. */
const INDICES: readonly (readonly [string, string, string, string?])[] = [
  ['type_name', 'Type', 'name'],
  ['event_execution_id', 'Event', 'execution_id'],
  ['eventpath_event_id', 'EventPath', 'event_id'],
  ['parentcontext_parent_context_id', 'ParentContext', 'parent_context_id'],
  ['artifact_uri', 'Artifact', 'uri'],
  ...['Artifact', 'Execution', 'Context'].flatMap((table) => {
    const noun = table.toLowerCase();
    return [
      [`${noun}_create_time_since_epoch`, table, 'create_time_since_epoch'],
      [`${noun}_last_update_time_since_epoch`, table, 'last_update_time_since_epoch'],
      ...['int', 'double', 'string'].map(
        (kind) =>
          [
            `${noun}_property_${kind}`,
            `${table}Property`,
            `name, is_custom_property, ${kind}_value`,
            `${kind}_value IS NOT NULL`,
          ] as const,
      ),
    ] as const;
  }),
  ...['Type', 'Artifact', 'Execution', 'Context'].map(
    (table) => [`${table.toLowerCase()}_external_id`, table, 'external_id'] as const,
  ),
  ['pipeline_execution_fingerprint', 'pipeline_execution', 'fingerprint', 'reusable = 1'],
  ['pipeline_execution_run', 'pipeline_execution', 'run_id'],
  ['pipeline_execution_node', 'pipeline_execution', 'component, node'],
  ['pipeline_binding_artifact', 'pipeline_binding', 'artifact_id'],
  ['pipeline_artifact_digest', 'pipeline_artifact', 'digest'],
];

const OWN_TABLES: Readonly<Record<string, string>> = {
  pipeline_format: 'version INTEGER PRIMARY KEY',
  /** One row a run; `context_id` is its context of type pipeline_run. */
  pipeline_run:
    'id INTEGER PRIMARY KEY AUTOINCREMENT, context_id INT NOT NULL, pipeline TEXT NOT NULL, file TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL, started_at INT NOT NULL, ended_at INT, owner TEXT NOT NULL',
  /** One row an execution, beside ML Metadata's. */
  pipeline_execution:
    'execution_id INTEGER PRIMARY KEY, run_id INT NOT NULL, node TEXT NOT NULL, component TEXT NOT NULL, fingerprint TEXT NOT NULL, reusable INT NOT NULL DEFAULT 0, cached_from INT, metrics TEXT NOT NULL, reason TEXT, failure TEXT, timings TEXT, attempts INT NOT NULL, log TEXT, started_at INT NOT NULL, ended_at INT',
  pipeline_fingerprint: 'digest TEXT PRIMARY KEY, document TEXT NOT NULL, sources TEXT NOT NULL',
  /** Which artifact stood at which port; an event of ML Metadata's cannot say it twice of one artifact. */
  pipeline_binding:
    'execution_id INT NOT NULL, direction INT NOT NULL, port TEXT NOT NULL, position INT NOT NULL, artifact_id INT NOT NULL, PRIMARY KEY (execution_id, direction, port, position)',
  pipeline_artifact:
    'artifact_id INTEGER PRIMARY KEY, digest TEXT NOT NULL, properties TEXT NOT NULL, bytes INT NOT NULL, files INT NOT NULL',
  pipeline_witness: 'digest TEXT PRIMARY KEY, witness TEXT NOT NULL',
};

/** Names of all tables. */
export const TABLES: readonly string[] = [...Object.keys(ML_METADATA_TABLES), ...Object.keys(OWN_TABLES)];

/** Version of the tables of our own. */
export const METADATA_FORMAT = 1;

/** ML Metadata's schema version. */
export const ML_METADATA_SCHEMA = 10;

/** `type_kind` of a Type. */
export const TYPE_KIND = { execution: 0, artifact: 1, context: 2 } as const;

/** `data_type` of a TypeProperty. */
export const DATA_TYPE = { INT: 1, DOUBLE: 2, STRING: 3, BOOLEAN: 6 } as const;

/** `type` of an Event. */
export const EVENT = { input: 3, output: 4 } as const;

/** `last_known_state` of an Execution. ML Metadata has none for SKIPPED: see {@link NO_FINGERPRINT}. */
export const EXECUTION_STATE = { RUNNING: 2, COMPLETE: 3, FAILED: 4, CACHED: 5, SKIPPED: 6, CANCELED: 6 } as const;

/** Fingerprint of an execution that was skipped: a canceled one has a fingerprint. */
export const NO_FINGERPRINT = '';

/** `state` of an Artifact. */
export const ARTIFACT_STATE = { LIVE: 2, DELETED: 4 } as const;

/** Types that the library expects to find; it would add them itself, which a read-only file does not allow. */
const SIMPLE_TYPES = [
  ...['Dataset', 'Model', 'Metrics', 'Statistics'].map((name) => [name, TYPE_KIND.artifact] as const),
  ...['Train', 'Transform', 'Process', 'Evaluate', 'Deploy'].map((name) => [name, TYPE_KIND.execution] as const),
];

/** Statements that make an empty metadata file. */
export function createStatements(): string {
  const tables = Object.entries({ ...ML_METADATA_TABLES, ...OWN_TABLES }).map(
    ([name, columns]) => `CREATE TABLE ${name} (${columns});`,
  );
  const indices = INDICES.map(
    ([name, table, columns, condition]) =>
      `CREATE INDEX idx_${name} ON ${table} (${columns})${condition === undefined ? '' : ` WHERE ${condition}`};`,
  );
  const rows = [
    `INSERT INTO MLMDEnv (schema_version) VALUES (${String(ML_METADATA_SCHEMA)});`,
    `INSERT INTO pipeline_format (version) VALUES (${String(METADATA_FORMAT)});`,
    ...SIMPLE_TYPES.map(
      ([name, kind]) => `INSERT INTO Type (name, type_kind) VALUES ('mlmd.${name}', ${String(kind)});`,
    ),
  ];
  return [...tables, ...indices, ...rows].join('\n');
}
