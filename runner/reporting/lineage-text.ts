/**
 * A lineage as trees of text: what an artifact was made from, and what was made from it. An artifact that was shown
 * before is named again, but not what hangs on it.
 */
import type { Lineage, LineageEdge } from '../../artifacts/lineage.js';
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { plainLine } from './text/plain-text.js';
import { byteSize, shortDigest } from './text/quantities.js';
import type { Style } from './text/style.js';

/** Levels that are indented; deeper ones stand below each other. */
const DEEPEST = 30;

/** A branch of a tree: an artifact, and the port that it hangs on. */
interface Branch {
  readonly port: string;
  readonly artifactId: number;
}

/** Edges of a lineage by both of their ends. */
class Edges {
  readonly #byArtifact = new Map<string, LineageEdge[]>();
  readonly #byExecution = new Map<string, LineageEdge[]>();

  constructor(edges: readonly LineageEdge[]) {
    for (const edge of edges) {
      push(this.#byArtifact, `${edge.direction} ${String(edge.artifactId)}`, edge);
      push(this.#byExecution, `${edge.direction} ${String(edge.executionId)}`, edge);
    }
  }

  ofArtifact(direction: LineageEdge['direction'], id: number): readonly LineageEdge[] {
    return this.#byArtifact.get(`${direction} ${String(id)}`) ?? [];
  }

  ofExecution(direction: LineageEdge['direction'], id: number): readonly LineageEdge[] {
    return this.#byExecution.get(`${direction} ${String(id)}`) ?? [];
  }

  /** What an artifact was made from. */
  sources(id: number): readonly Branch[] {
    return this.ofArtifact('output', id).flatMap(({ executionId }) => this.ofExecution('input', executionId));
  }

  /** What was made from an artifact, at the port that it went into. */
  products(id: number): readonly Branch[] {
    const executions = new Map(this.ofArtifact('input', id).map((edge) => [edge.executionId, edge.port]));
    return [...executions].flatMap(([executionId, port]) =>
      this.ofExecution('output', executionId).map(({ artifactId }) => ({ port, artifactId })),
    );
  }
}

function push(lists: Map<string, LineageEdge[]>, key: string, edge: LineageEdge): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [edge]);
  else list.push(edge);
}

/** Names an artifact by the output that it came out at, with its maker. */
function artifactLine(artifact: ArtifactRecord, lineage: Lineage, edges: Edges, style: Style): string {
  const [made] = edges.ofArtifact('output', artifact.id);
  const maker = made && lineage.executions.get(made.executionId);
  const name = made && maker ? `${maker.node}.${made.port}` : `artifact ${String(artifact.id)}`;
  const by = maker === undefined ? '' : `by ${plainLine(maker.component)} in run ${String(maker.runId)}`;
  const facts = [plainLine(artifact.type), shortDigest(artifact.digest), byteSize(artifact.bytes), by];
  return `${style.strong(plainLine(name))}  ${facts.filter((fact) => fact !== '').join('  ')}`;
}

function treeLines(
  root: number,
  branches: (id: number) => readonly Branch[],
  line: (id: number) => string | undefined,
): readonly string[] {
  const lines: string[] = [];
  const shown = new Set<number>([root]);
  // A stack of its own: a lineage may be deeper than calls may be.
  const stack: { branch: Branch; indent: string; last: boolean; depth: number }[] = [];
  const add = (id: number, indent: string, depth: number): void => {
    const below = branches(id);
    below.toReversed().forEach((branch, index) => {
      stack.push({ branch, indent, last: index === 0, depth });
    });
  };
  add(root, '', 0);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { branch, indent, last, depth } = next;
    const text = line(branch.artifactId);
    if (text === undefined) continue;
    const again = shown.has(branch.artifactId) && branches(branch.artifactId).length > 0;
    lines.push(`${indent}${last ? '└─' : '├─'} ${plainLine(branch.port)}: ${text}${again ? '  (see above)' : ''}`);
    if (shown.has(branch.artifactId)) continue;
    shown.add(branch.artifactId);
    add(branch.artifactId, depth < DEEPEST ? `${indent}${last ? '  ' : '│ '} ` : indent, depth + 1);
  }
  return lines;
}

/** Both trees of a lineage, as text with a line break at the end. */
export function lineageText(lineage: Lineage, style: Style): string {
  const edges = new Edges(lineage.edges);
  const line = (id: number): string | undefined => {
    const artifact = lineage.artifacts.get(id);
    return artifact && artifactLine(artifact, lineage, edges, style);
  };
  const sources = treeLines(lineage.root, (id) => edges.sources(id), line);
  const products = treeLines(lineage.root, (id) => edges.products(id), line);
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((each) => `  ${each}`)];
  return [
    line(lineage.root) ?? '',
    ...part('made from', sources),
    ...part('used for', products),
    ...(lineage.truncated ? ['… there is more: raise --limit'] : []),
    '',
  ].join('\n');
}
