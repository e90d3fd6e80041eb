/**
 * Whether a node, param, input or fragment can be given a new name.
 */
import { checkName } from '../config/fields.js';
import { INPUTS } from '../config/name-scope.js';
import { Problems } from '../source/problems.js';
import type { Occurrence } from './occurrences.js';
import type { Outline } from './outline.js';

/** Names that nodes have in a file once one of them, or a fragment, is called otherwise there. */
function nodeNames(outline: Outline, { kind, name, owner }: Occurrence, to: string): readonly string[] {
  const isOwner = outline.path === owner;
  const own = [...outline.ownNodes.keys()].map((each) => (isOwner && kind === 'node' && each === name ? to : each));
  const included = outline.includes.flatMap(({ as, outline: inner }) => {
    const prefix = isOwner && kind === 'fragment' && as.value === name ? to : as.value;
    return nodeNames(inner, { kind, name, owner } as Occurrence, to).map((each) => `${prefix}_${each}`);
  });
  return [...own, ...included];
}

/** The file of a path among others and what they include. */
function fileAt(path: string, outlines: readonly Outline[]): Outline | undefined {
  for (const outline of outlines) {
    const found =
      outline.path === path
        ? outline
        : fileAt(
            path,
            outline.includes.map((each) => each.outline),
          );
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Why a name cannot be given; undefined when it can.
 *
 * @param outlines - the files that it is named in, directly or in a fragment
 */
export function renameProblem(occurrence: Occurrence, to: string, outlines: readonly Outline[]): string | undefined {
  const { kind, name, owner, range } = occurrence;
  const check = (each: string, what: string): string | undefined => {
    const problems = new Problems();
    const value = { kind: 'scalar', value: null, range } as const;
    if (checkName(each, what, { key: each, keyRange: range, value }, problems)) return undefined;
    const [problem] = problems.sorted();
    return [problem?.message, problem?.hint].filter((text) => text !== undefined).join('; ');
  };
  const problem = check(to, `${kind === 'input' ? 'an' : 'a'} ${kind}`);
  if (problem !== undefined || to === name) return problem;
  const file = fileAt(owner, outlines);
  const taken = { node: file?.ownNodes, param: file?.params, input: file?.inputs, fragment: undefined }[kind];
  const fragments = kind === 'fragment' ? (file?.includes.map(({ as }) => as.value) ?? []) : [];
  // Nodes and fragments must differ by more than case.
  const folded = kind === 'node' || kind === 'fragment';
  const twin = [...(taken?.keys() ?? []), ...fragments].find((other) =>
    folded ? other.toLowerCase() === to.toLowerCase() && other !== name : other === to,
  );
  if (twin !== undefined) return `there is a ${kind} '${twin}' already`;
  if (!folded) return undefined;
  if (kind === 'node' && to === INPUTS && (file?.inputs.size ?? 0) > 0)
    return `'${INPUTS}' is what the fragment is given`;
  for (const outline of outlines) {
    const seen = new Set<string>();
    for (const each of nodeNames(outline, occurrence, to)) {
      const long = check(each, 'a node');
      if (long !== undefined) return long;
      if (seen.has(each.toLowerCase())) return `there is a node '${each}' already`;
      seen.add(each.toLowerCase());
    }
  }
  return undefined;
}
