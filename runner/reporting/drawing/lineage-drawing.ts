/**
 * A lineage as a drawing. Artifacts are rounded, executions are square.
 */
import type { Lineage, LineageEdge } from '../../../artifacts/lineage.js';
import type { Arrow, Box, Drawing } from './drawing.js';
import { byteSize, shortDigest } from '../text/quantities.js';

function arrow({ direction, artifactId, executionId, port }: LineageEdge): Arrow {
  const artifact = `a${String(artifactId)}`;
  const execution = `e${String(executionId)}`;
  const [from, to] = direction === 'input' ? [artifact, execution] : [execution, artifact];
  return { from, to, labels: [port], isOrder: false };
}

/** Draws a lineage. */
export function lineageDrawing({ root, artifacts, executions, edges }: Lineage): Drawing {
  const common = { isConditional: false, state: undefined };
  const artifactBoxes = [...artifacts.values()].map(({ id, type, digest, bytes }): Box => ({
    ...common,
    id: `a${String(id)}`,
    lines: [type, `${shortDigest(digest)}, ${byteSize(bytes)}`],
    shape: 'rounded',
    isRoot: id === root,
  }));
  const executionBoxes = [...executions.values()].map(({ id, node, component, runId }): Box => ({
    ...common,
    id: `e${String(id)}`,
    lines: [node, `${component}, run ${String(runId)}`],
    shape: 'square',
    isRoot: false,
  }));
  return { boxes: [...artifactBoxes, ...executionBoxes], arrows: edges.map(arrow) };
}
