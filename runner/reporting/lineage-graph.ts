/**
 * A lineage as a graph for other programs to draw: Mermaid and Graphviz. Artifacts are rounded, executions are boxes.
 */
import type { Lineage, LineageEdge } from '../../artifacts/lineage.js';
import type { ArtifactRecord, ExecutionRecord } from '../../artifacts/metadata/records.js';
import { plainLine } from './plain-text.js';
import { byteSize, shortDigest } from './quantities.js';

function artifactLabel({ type, digest, bytes }: ArtifactRecord): readonly string[] {
  return [plainLine(type), `${shortDigest(digest)}, ${byteSize(bytes)}`];
}

function executionLabel({ node, component, runId }: ExecutionRecord): readonly string[] {
  return [plainLine(node), `${plainLine(component)}, run ${String(runId)}`];
}

/** Both ends of an edge, in the direction in which the work went. */
function ends({ direction, artifactId, executionId }: LineageEdge): readonly [from: string, to: string] {
  const artifact = `a${String(artifactId)}`;
  const execution = `e${String(executionId)}`;
  return direction === 'input' ? [artifact, execution] : [execution, artifact];
}

/** Text inside quotes of Mermaid: entities begin with `#` there, and HTML is read as such. */
function mermaidText(text: string): string {
  return text.replace(/[^\w .,:/()-]/gu, (character) => `#${String(character.codePointAt(0))};`);
}

/** A Mermaid flowchart. */
export function lineageMermaid({ root, artifacts, executions, edges }: Lineage): string {
  const label = (lines: readonly string[]): string => `"${lines.map(mermaidText).join('<br/>')}"`;
  return [
    'flowchart TB',
    ...[...artifacts.values()].map((artifact) => `  a${String(artifact.id)}(${label(artifactLabel(artifact))})`),
    ...[...executions.values()].map((execution) => `  e${String(execution.id)}[${label(executionLabel(execution))}]`),
    ...edges.map((edge) => `  ${ends(edge).join(` -->|"${mermaidText(plainLine(edge.port))}"| `)}`),
    `  style a${String(root)} stroke-width:3px`,
    '',
  ].join('\n');
}

/** Text inside quotes of Graphviz. */
function dotText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** A Graphviz graph. */
export function lineageDot({ root, artifacts, executions, edges }: Lineage): string {
  const label = (lines: readonly string[]): string => `label="${lines.map(dotText).join('\\n')}"`;
  return [
    'digraph lineage {',
    '  node [fontname="sans-serif"];',
    ...[...artifacts.values()].map(
      (artifact) =>
        `  a${String(artifact.id)} [shape=box, style="rounded${artifact.id === root ? ',bold' : ''}", ${label(artifactLabel(artifact))}];`,
    ),
    ...[...executions.values()].map(
      (execution) => `  e${String(execution.id)} [shape=box, ${label(executionLabel(execution))}];`,
    ),
    ...edges.map((edge) => `  ${ends(edge).join(' -> ')} [label="${dotText(plainLine(edge.port))}"];`),
    '}',
    '',
  ].join('\n');
}
