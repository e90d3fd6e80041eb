/**
 * `pipeline lineage`: what an artifact was made from, and what was made from it.
 */
import { walkLineage, type Lineage } from '../../../artifacts/lineage.js';
import { lineageDot, lineageMermaid } from '../../reporting/lineage-graph.js';
import { lineageText } from '../../reporting/lineage-text.js';
import { styleFor } from '../../reporting/style.js';
import { findArtifact } from '../../history/find-artifact.js';
import { EXIT, type Command } from '../command.js';
import type { LineageArguments } from '../arguments.js';
import { answerJson, withStore } from '../open-store.js';
import { artifactJson } from '../../history/run-json.js';

function lineageJson({ root, artifacts, executions, edges, truncated }: Lineage): object {
  return {
    root,
    artifacts: [...artifacts.values()].map(artifactJson),
    executions: [...executions.values()].map(({ id, runId, pipeline, node, component, state, metrics, startedAt }) => ({
      execution: id,
      run: runId,
      pipeline,
      node,
      component,
      state,
      metrics,
      startedAt,
    })),
    edges: edges.map(({ direction, artifactId, executionId, port, index }) => ({
      direction,
      artifact: artifactId,
      execution: executionId,
      port,
      index,
    })),
    truncated,
  };
}

export const command: Command<LineageArguments> = (args, environment) =>
  withStore(environment, ({ metadata }) => {
    const { stdout } = environment;
    const { run, direction, limit } = args;
    const lineage = walkLineage(metadata, findArtifact(args.artifact, run, metadata), { direction, limit });
    switch (environment.json ? 'json' : args.format) {
      case 'json':
        answerJson(environment, 'lineage', lineageJson(lineage));
        break;
      case 'mermaid':
        stdout.write(lineageMermaid(lineage));
        break;
      case 'dot':
        stdout.write(lineageDot(lineage));
        break;
      case 'text':
        stdout.write(lineageText(lineage, styleFor(stdout.colors)));
        break;
    }
    return EXIT.done;
  });
