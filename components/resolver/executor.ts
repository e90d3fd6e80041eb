/**
 * Looks for artifacts in what was recorded of earlier runs, newest first.
 */
import type { ArtifactRecord, ExecutionRecord } from '../../artifacts/metadata/records.js';
import type { ParamValues } from '../params.js';
import type { Candidate, Catalog, Resolve } from '../resolve.js';
import type { spec } from './spec.js';

/** Artifacts that are looked at. */
const LOOKED_AT = 1000;

/** The executions that have put out an artifact: the one that made it, and those that it was cached for. */
function* makers(artifact: ArtifactRecord, catalog: Catalog): Iterable<ExecutionRecord> {
  for (const { direction, executionId } of catalog.eventsOfArtifact(artifact.id)) {
    if (direction !== 'output') continue;
    const execution = catalog.execution(executionId)?.execution;
    // What another Resolver has found was made elsewhere.
    if (execution !== undefined && execution.component !== 'Resolver') yield execution;
  }
}

/** Artifacts of a type that a pipeline, and in it a node, has made, and that are still there. */
function* artifactsOf(
  wanted: { readonly type: string; readonly pipeline: string; readonly node: string | undefined },
  catalog: Catalog,
): Iterable<Candidate & { readonly execution: ExecutionRecord }> {
  const { type, pipeline, node } = wanted;
  for (const artifact of catalog.artifacts({ type, pipeline, limit: LOOKED_AT })) {
    // A damaged artifact that was set aside has no witness any more.
    if (catalog.witness(artifact.digest) === undefined) continue;
    for (const execution of makers(artifact, catalog)) {
      if (execution.pipeline !== pipeline || (node !== undefined && execution.node !== node)) continue;
      yield { artifact, execution, found: `made by ${execution.node} in run ${String(execution.runId)}` };
      break;
    }
  }
}

/** The models that Evaluators of a pipeline have blessed, by the newest verdict. */
function* blessedModels(pipeline: string, node: string | undefined, catalog: Catalog): Iterable<Candidate> {
  for (const { artifact, execution } of artifactsOf({ type: 'ModelBlessing', pipeline, node: undefined }, catalog)) {
    if (artifact.properties['blessed'] !== 1) continue;
    const model = catalog.execution(execution.id)?.inputs.find(({ port }) => port === 'model')?.artifact;
    if (model === undefined || catalog.witness(model.digest) === undefined) continue;
    const makesIt = [...makers(model, catalog)].some((maker) => node === undefined || maker.node === node);
    if (makesIt) yield { artifact: model, found: `blessed by ${execution.node} in run ${String(execution.runId)}` };
  }
}

export const resolve: Resolve = ({ params, type, pipeline: own }, catalog) => {
  const { strategy, pipeline = own, node } = params as ParamValues<(typeof spec)['params']>;
  const of = `${pipeline === own ? 'this pipeline' : `the pipeline ${pipeline}`}${node === undefined ? '' : `, node ${node}`}`;
  return strategy === 'latest_artifact'
    ? { candidates: artifactsOf({ type, pipeline, node }, catalog), none: `there is no ${type} of ${of} yet` }
    : { candidates: blessedModels(pipeline, node, catalog), none: `there is no blessed model of ${of} yet` };
};
