/**
 * `pipeline validate`: all that is wrong with a pipeline file, without executing anything.
 */
import { EXIT, type Command } from '../command.js';
import type { PipelineArguments } from '../arguments.js';
import { loadGraph } from '../load.js';

export const command: Command<PipelineArguments> = async (args, environment) => {
  const { name, file, nodes } = await loadGraph(args, environment);
  const summary = {
    pipeline: name,
    file,
    nodes: nodes.map((node) => ({ name: node.name, component: node.spec.name })),
  };
  environment.stdout.write(
    environment.json
      ? `${JSON.stringify({ type: 'valid-pipeline', ...summary })}\n`
      : `${file}: pipeline ${name} is valid, ${String(nodes.length)} node${nodes.length === 1 ? '' : 's'}\n`,
  );
  return EXIT.done;
};
