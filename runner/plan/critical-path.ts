/**
 * The longest way through a graph of tasks: no number of workers makes the whole faster than this.
 */

/** A task, what must have ended before it starts, and the time it takes. */
export interface Task {
  readonly name: string;
  readonly needs: readonly string[];
  /** Milliseconds; 0 for what takes no worker, such as a cached step. */
  readonly ms: number;
}

/** Tasks that follow one another, and what they take together. */
export interface CriticalPath {
  readonly path: readonly string[];
  readonly ms: number;
}

/**
 * Finds the longest path; among equals the one whose tasks come first.
 *
 * @param tasks - in an order in which every task comes after those it needs
 */
export function criticalPath(tasks: readonly Task[]): CriticalPath {
  const longest = new Map<string, { readonly ms: number; readonly after: string | undefined }>();
  let last: string | undefined;
  let total = -1;
  for (const { name, needs, ms } of tasks) {
    let before = 0;
    let after: string | undefined;
    for (const need of needs) {
      const needed = longest.get(need);
      if (needed === undefined) throw new Error(`task ${name} comes before ${need}, which it needs`);
      if (after !== undefined && needed.ms <= before) continue;
      before = needed.ms;
      after = need;
    }
    longest.set(name, { ms: before + ms, after });
    if (before + ms > total) {
      total = before + ms;
      last = name;
    }
  }
  const path: string[] = [];
  for (let name = last; name !== undefined; name = longest.get(name)?.after) path.push(name);
  return { path: path.reverse(), ms: Math.max(0, total) };
}
