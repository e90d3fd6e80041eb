/**
 * A lineage as trees of text: what an artifact was made from, and what was made from it. An artifact that was shown
 * before is named again, but not what hangs on it.
 */
import type { Lineage, LineageEdge } from '../../artifacts/lineage.js';
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { cutInside, displayWidth, plainLine } from './text/plain-text.js';
import { byteSize, shortDigest } from './text/quantities.js';
import type { Style } from './text/style.js';

/** Levels that are indented, as far as that takes half of the width at most; deeper ones stand below each other. */
const DEEPEST = 30;

/** Columns of a name that are told in any case. */
const SHORTEST_NAME = 8;

/** Columns that a level is indented by. */
const INDENT = 3;

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

/** What is told of an artifact. */
interface Told {
  readonly name: string;
  readonly facts: readonly string[];
}

/** Names an artifact by the output that it came out at, with its maker. */
function toldOf(artifact: ArtifactRecord, lineage: Lineage, edges: Edges): Told {
  const [made] = edges.ofArtifact('output', artifact.id);
  const maker = made && lineage.executions.get(made.executionId);
  const name = made && maker ? `${maker.node}.${made.port}` : `artifact ${String(artifact.id)}`;
  const by = maker === undefined ? '' : `by ${plainLine(maker.component)} in run ${String(maker.runId)}`;
  const facts = [plainLine(artifact.type), shortDigest(artifact.digest), byteSize(artifact.bytes), by];
  return { name: plainLine(name), facts: facts.filter((fact) => fact !== '') };
}

/** What lines begin with: the first of an artifact, and the others. */
interface Rails {
  readonly first: string;
  readonly others: string;
}

/** How lines are drawn. */
interface Drawing {
  readonly style: Style;
  readonly width: number;
}

/** One line about an artifact; where it does not fit, its name, and below it the facts, as many a line as do. */
function artifactLines({ name, facts }: Told, { first, others }: Rails, { style, width }: Drawing): readonly string[] {
  const line = `${first}${style.strong(name)}${facts.map((fact) => `  ${fact}`).join('')}`;
  if (displayWidth(line) <= width) return [line];
  const below: string[] = [];
  for (const fact of facts) {
    const longer = `${below.at(-1) ?? ''}  ${fact}`;
    if (below.length > 0 && displayWidth(longer) <= width) below[below.length - 1] = longer;
    else below.push(`${others}${fact}`);
  }
  return [`${first}${style.strong(cutInside(name, Math.max(SHORTEST_NAME, width - displayWidth(first))))}`, ...below];
}

function treeLines(
  root: number,
  branches: (id: number) => readonly Branch[],
  told: (id: number) => Told | undefined,
  drawing: Drawing,
): readonly string[] {
  const lines: string[] = [];
  const deepest = Math.min(DEEPEST, Math.floor(drawing.width / 2 / INDENT));
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
    const artifact = told(branch.artifactId);
    if (artifact === undefined) continue;
    const isFirst = !shown.has(branch.artifactId);
    const hasBelow = branches(branch.artifactId).length > 0;
    const below = depth < deepest ? `${indent}${last ? '  ' : '│ '} ` : indent;
    const rails = {
      first: `${indent}${last ? '└─' : '├─'} ${plainLine(branch.port)}: `,
      others: `${below}${isFirst && hasBelow ? '│' : ' '}  `,
    };
    const facts = [...artifact.facts, ...(!isFirst && hasBelow ? ['(see above)'] : [])];
    lines.push(...artifactLines({ ...artifact, facts }, rails, drawing));
    if (!isFirst) continue;
    shown.add(branch.artifactId);
    add(branch.artifactId, below, depth + 1);
  }
  return lines;
}

/**
 * Both trees of a lineage, as text with a line break at the end.
 *
 * @param width - columns of the terminal; Infinity where lines may be of any length
 */
export function lineageText(lineage: Lineage, style: Style, width: number): string {
  const edges = new Edges(lineage.edges);
  const told = (id: number): Told | undefined => {
    const artifact = lineage.artifacts.get(id);
    return artifact && toldOf(artifact, lineage, edges);
  };
  const root = told(lineage.root);
  const tree = { style, width: width - 2 };
  const sources = treeLines(lineage.root, (id) => edges.sources(id), told, tree);
  const products = treeLines(lineage.root, (id) => edges.products(id), told, tree);
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((each) => `  ${each}`)];
  return [
    ...(root === undefined ? [] : artifactLines(root, { first: '', others: '  ' }, { style, width })),
    ...part('made from', sources),
    ...part('used for', products),
    ...(lineage.truncated ? ['… there is more: raise --limit'] : []),
    '',
  ].join('\n');
}
