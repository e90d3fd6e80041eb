/**
 * Whether a node or param can be given a new name.
 */
import { checkName } from '../config/fields.js';
import { Problems } from '../source/problems.js';
import type { Occurrence } from './occurrences.js';
import type { Outline } from './outline.js';

/** Why a name cannot be given; undefined when it can. */
export function renameProblem({ kind, name, range }: Occurrence, to: string, outline: Outline): string | undefined {
  const problems = new Problems();
  const value = { kind: 'scalar', value: null, range } as const;
  if (!checkName(to, `a ${kind}`, { key: to, keyRange: range, value }, problems)) {
    const [problem] = problems.sorted();
    return [problem?.message, problem?.hint].filter((text) => text !== undefined).join('; ');
  }
  // Nodes must differ by more than case.
  const taken = [...(kind === 'node' ? outline.nodes : outline.params).keys()].find((other) =>
    kind === 'node' ? other.toLowerCase() === to.toLowerCase() : other === to,
  );
  return taken === undefined || taken === name ? undefined : `there is a ${kind} '${taken}' already`;
}
