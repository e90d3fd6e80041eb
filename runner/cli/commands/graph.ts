/**
 * `pipeline graph`: the graph of a pipeline file, as text, for Mermaid and Graphviz, as SVG, or as JSON.
 */
import { gatherInstances, type GatheredNode } from '../../graph/gather-instances.js';
import { findRun } from '../../history/find-run.js';
import { runStates } from '../../history/run-states.js';
import { dot, mermaid } from '../../reporting/drawing/languages.js';
import { drawingFile } from '../../reporting/drawing/svg.js';
import { pipelineDrawing, stateOf } from '../../reporting/drawing/pipeline-drawing.js';
import { pipelineText } from '../../reporting/drawing/pipeline-text.js';
import { styleFor, type NodeState } from '../../reporting/text/style.js';
import type { GraphArguments } from '../arguments.js';
import { EXIT, type Command, type Environment } from '../command.js';
import { loadGraph } from '../load.js';
import { answerJson, withStore } from '../open-store.js';

type States = ReadonlyMap<string, NodeState> | undefined;

function nodeJson(node: GatheredNode, states: States): object {
  const { name, component, description, each, inputs, outputs, follows, when, instances } = node;
  return {
    name,
    component,
    description,
    each,
    instances: instances.map((instance) => instance.name),
    inputs,
    outputs,
    follows,
    when,
    state: stateOf(node, states),
  };
}

function drawn(
  nodes: readonly GatheredNode[],
  states: States,
  format: GraphArguments['format'],
  environment: Environment,
): string {
  switch (format) {
    case 'mermaid':
      return mermaid(pipelineDrawing(nodes, states));
    case 'dot':
      return dot(pipelineDrawing(nodes, states));
    case 'svg':
      return drawingFile(pipelineDrawing(nodes, states));
    case 'text': {
      const { stdout } = environment;
      return pipelineText(nodes, states, styleFor(stdout.colors), stdout.isTTY ? stdout.columns : Infinity);
    }
  }
}

export const command: Command<GraphArguments> = async (args, environment) => {
  const graph = await loadGraph(args, environment);
  const nodes = gatherInstances(graph);
  const { run } = args;
  const states =
    run === undefined
      ? undefined
      : await withStore(environment, ({ metadata }) => runStates(findRun(metadata, run).id, metadata));
  if (environment.json)
    answerJson(environment, 'graph', { pipeline: graph.name, run, nodes: nodes.map((node) => nodeJson(node, states)) });
  else environment.stdout.write(drawn(nodes, states, args.format, environment));
  return EXIT.done;
};
