/**
 * The files that a Command names among its arguments: their content is part of what it is made of.
 */
import { filesAmong } from '../../components/command/arguments.js';
import type { GraphNode } from '../graph/pipeline-graph.js';

/** Their names as they are written, relative to the pipeline's folder; none for other components. */
export function argumentFiles({ spec, params: { argv } }: GraphNode, baseDir: string): readonly string[] {
  if (spec.ports !== 'declared' || !Array.isArray(argv)) return [];
  const texts = argv.filter((argument) => typeof argument === 'string');
  return filesAmong(texts, baseDir);
}
