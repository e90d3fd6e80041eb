/**
 * A graph as rails beside a list of its nodes, for text: a rail runs down from a node to the last one that needs it.
 *
 *     ●      examples
 *     ├─●    transform
 *     ●─╯    trainer
 */

/** A node of the list, with the names of those above it that it needs. */
export interface RailNode {
  readonly name: string;
  readonly needs: readonly string[];
  /** One column wide, as it is counted; it may be painted. */
  readonly mark: string;
}

/** What stands left of a node. */
export interface Rails {
  /** On the line of the node. */
  readonly at: string;
  /** On further lines about it. */
  readonly below: string;
  /** Columns that each takes, without colours. */
  readonly width: number;
}

/** How many rails lie side by side at most. */
export function countRails(nodes: readonly RailNode[]): number {
  const last = new Map<string, number>();
  nodes.forEach(({ needs }, line) => {
    for (const need of needs) last.set(need, line);
  });
  const ending = new Map<number, number>();
  for (const line of last.values()) ending.set(line, (ending.get(line) ?? 0) + 1);
  let open = 0;
  let most = 0;
  nodes.forEach(({ name }, line) => {
    open -= ending.get(line) ?? 0;
    most = Math.max(most, open + 1);
    if ((last.get(name) ?? line) > line) open++;
  });
  return most;
}

/** A rail that a node takes from: where it leads on to, and where it lies between the outermost ones. */
function junction(isEnded: boolean, isFirst: boolean, isLast: boolean): string {
  if (isFirst) return isEnded ? '╰' : '├';
  if (isLast) return isEnded ? '╯' : '┤';
  return isEnded ? '┴' : '┼';
}

/** Draws the rails of nodes that are in an order in which each comes after those it needs; other needs are left out. */
export function drawRails(nodes: readonly RailNode[]): readonly Rails[] {
  const left = new Map<string, number>();
  for (const { needs } of nodes) for (const need of new Set(needs)) left.set(need, (left.get(need) ?? 0) + 1);
  /** By column: the node whose rail it is. */
  const rails: (string | undefined)[] = [];
  return nodes.map(({ name, needs, mark }) => {
    const needed = new Set(needs);
    for (const need of needed) left.set(need, (left.get(need) ?? 0) - 1);
    const isEnded = (rail: string): boolean => (left.get(rail) ?? 0) <= 0;
    const taken = rails.flatMap((rail, column) => (rail !== undefined && needed.has(rail) ? [column] : []));
    const freed = taken.find((column) => isEnded(rails[column] ?? ''));
    const free = rails.indexOf(undefined);
    const own = freed ?? (free < 0 ? rails.length : free);
    const first = Math.min(own, ...taken);
    const last = Math.max(own, ...taken);
    const count = Math.max(rails.length, own + 1);
    let at = '';
    for (let column = 0; column < count; column++) {
      const rail = rails[column];
      const within = column >= first && column < last;
      if (column === own) at += mark;
      else if (rail !== undefined && needed.has(rail)) at += junction(isEnded(rail), column === first, column === last);
      else at += rail !== undefined ? '│' : within ? '─' : ' ';
      at += within ? '─' : ' ';
    }
    for (const column of taken) if (isEnded(rails[column] ?? '')) rails[column] = undefined;
    rails[own] = (left.get(name) ?? 0) > 0 ? name : undefined;
    while (rails.length > 0 && rails.at(-1) === undefined) rails.pop();
    let below = '';
    for (let column = 0; column < count; column++) below += rails[column] === undefined ? '  ' : '│ ';
    return { at, below, width: 2 * count };
  });
}
