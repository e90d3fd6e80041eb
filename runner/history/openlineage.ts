/**
 * A lineage as OpenLineage events: for every execution one when it started and one when it ended. After the specification
 * 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json) and its facets; no facets of our own.
 *
 * A dataset is what comes out at a port, under the name `pipeline/node.port`; an artifact is a version of it.
 */
import type { Lineage, LineageEdge } from '../../artifacts/lineage.js';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord, ExecutionRecord, ExecutionState, RunRecord } from '../../artifacts/metadata/records.js';

/** Namespace of jobs and datasets. */
const NAMESPACE = 'tfjs-pipelines';

/** How the end of an execution is called; none while it runs. */
const END: Readonly<Record<ExecutionState, 'COMPLETE' | 'FAIL' | 'ABORT' | undefined>> = {
  RUNNING: undefined,
  COMPLETE: 'COMPLETE',
  CACHED: 'COMPLETE',
  SKIPPED: 'ABORT',
  FAILED: 'FAIL',
  CANCELED: 'ABORT',
};

/** An identity as a UUID of version 8 (RFC 9562), the same whenever it is asked for. */
function uuidOf(identity: unknown): string {
  const hex = sha256Hex(canonicalJson(identity));
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4] ?? '8';
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** What tells a run from all others, of other stores too. */
function runIdentity({ id, pipeline, startedAt, owner }: RunRecord): object {
  return { run: id, pipeline, startedAt, owner: { ...owner } };
}

/** Makes the events of one lineage. */
class Events {
  readonly #makers = new Map<number, LineageEdge>();

  constructor(
    private readonly lineage: Lineage,
    private readonly metadata: MetadataStore,
    /** URI of the program. */
    private readonly producer: string,
    private readonly version: string,
  ) {
    for (const edge of lineage.edges) if (edge.direction === 'output') this.#makers.set(edge.artifactId, edge);
  }

  ofExecution(execution: ExecutionRecord): readonly object[] {
    const run = this.metadata.run(execution.runId);
    if (run === undefined) return [];
    const end = END[execution.state];
    const common = {
      run: { runId: uuidOf({ ...runIdentity(run), execution: execution.id }), facets: this.#runFacets(execution, run) },
      job: {
        namespace: NAMESPACE,
        name: `${execution.pipeline}.${execution.node}`,
        facets: {
          jobType: this.#facet('2-0-3/JobTypeJobFacet', {
            processingType: 'BATCH',
            integration: 'TFJS_PIPELINES',
            jobType: 'TASK',
          }),
        },
      },
      inputs: this.#datasets('input', execution),
    };
    const started = this.#event('START', execution.startedAt, { ...common, outputs: [] });
    if (end === undefined || execution.endedAt === undefined) return [started];
    const outputs = this.#datasets('output', execution);
    return [started, this.#event(end, execution.endedAt, { ...common, outputs })];
  }

  #event(eventType: string, time: number, content: object): object {
    return {
      eventType,
      eventTime: new Date(time).toISOString(),
      ...content,
      producer: this.producer,
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    };
  }

  /** @param schema - version and name of the facet */
  #facet(schema: string, content: object): object {
    const name = schema.slice(schema.indexOf('/') + 1);
    const url = `https://openlineage.io/spec/facets/${schema}.json#/$defs/${name}`;
    return { _producer: this.producer, _schemaURL: url, ...content };
  }

  #runFacets({ component, fingerprint, metrics, failure, runId }: ExecutionRecord, run: RunRecord): object {
    const tags = [
      ['component', component],
      ['run', String(runId)],
      ...(fingerprint === undefined ? [] : [['fingerprint', fingerprint]]),
      ...Object.entries(metrics).map(([name, value]) => [`metrics.${name}`, String(value)]),
    ].map(([key, value]) => ({ key, value, source: 'INTEGRATION' }));
    return {
      parent: this.#facet('1-0-1/ParentRunFacet', {
        run: { runId: uuidOf(runIdentity(run)) },
        job: { namespace: NAMESPACE, name: run.pipeline },
      }),
      processing_engine: this.#facet('1-1-0/ProcessingEngineRunFacet', { version: this.version, name: NAMESPACE }),
      tags: this.#facet('2-0-3/TagsRunFacet', { tags }),
      ...(failure === undefined
        ? {}
        : {
            errorMessage: this.#facet('1-0-1/ErrorMessageRunFacet', {
              message: failure.message,
              programmingLanguage: 'JavaScript',
            }),
          }),
    };
  }

  #datasets(direction: LineageEdge['direction'], execution: ExecutionRecord): readonly object[] {
    const edges = this.lineage.edges.filter(
      (edge) => edge.direction === direction && edge.executionId === execution.id,
    );
    const artifacts = new Map(edges.map(({ artifactId }) => [artifactId, this.lineage.artifacts.get(artifactId)]));
    return [...artifacts.values()].flatMap((artifact) =>
      artifact === undefined ? [] : [this.#dataset(direction, artifact)],
    );
  }

  #dataset(direction: LineageEdge['direction'], artifact: ArtifactRecord): object {
    const { type, digest, bytes, properties } = artifact;
    const examples = properties['examples'];
    const rows = type === 'Examples' && typeof examples === 'number' ? examples : undefined;
    return {
      namespace: NAMESPACE,
      name: this.#nameOf(artifact),
      facets: {
        version: this.#facet('1-0-0/DatasetVersionDatasetFacet', { datasetVersion: digest }),
        datasetType: this.#facet('1-0-0/DatasetTypeDatasetFacet', {
          datasetType: type.endsWith('Model') ? 'MODEL' : 'FILE',
          subType: type,
        }),
      },
      ...(direction === 'output' && rows !== undefined
        ? {
            outputFacets: {
              outputStatistics: this.#facet('1-0-1/OutputStatisticsOutputDatasetFacet', {
                rowCount: rows,
                size: bytes,
              }),
            },
          }
        : {}),
    };
  }

  #nameOf({ id, digest }: ArtifactRecord): string {
    const edge = this.#makers.get(id);
    const maker = edge && this.lineage.executions.get(edge.executionId);
    if (edge === undefined || maker === undefined) return `artifact/${digest}`;
    const several = this.lineage.edges.some(
      (other) =>
        other.direction === 'output' &&
        other.executionId === edge.executionId &&
        other.port === edge.port &&
        other.index !== edge.index,
    );
    return `${maker.pipeline}/${maker.node}.${edge.port}${several ? `[${String(edge.index)}]` : ''}`;
  }
}

/**
 * The events of all executions of a lineage: those of one together, what started earlier first.
 *
 * @param program - URI and version of what speaks
 */
export function openLineageEvents(
  lineage: Lineage,
  metadata: MetadataStore,
  program: { readonly uri: string; readonly version: string },
): readonly object[] {
  const events = new Events(lineage, metadata, program.uri, program.version);
  return [...lineage.executions.values()]
    .sort((a, b) => a.startedAt - b.startedAt || a.id - b.id)
    .flatMap((execution) => events.ofExecution(execution));
}
