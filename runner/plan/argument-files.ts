/**
 * The files that a Command names among its arguments: their content is part of what it is made of.
 */
import { filesAmong, possibleFiles } from '../../components/command/arguments.js';
import type { GraphNode } from '../graph/pipeline-graph.js';

function texts({ spec, params: { argv } }: GraphNode): readonly string[] {
  return spec.ports === 'declared' && Array.isArray(argv)
    ? argv.filter((argument) => typeof argument === 'string')
    : [];
}

/** Their names as they are written, relative to the pipeline's folder; none for other components. */
export function argumentFiles(node: GraphNode, baseDir: string): readonly string[] {
  return filesAmong(texts(node), baseDir);
}

/** Arguments that would be such names if there were files of these names. */
export function argumentsThatMayBeFiles(node: GraphNode): readonly string[] {
  return possibleFiles(texts(node));
}
