/**
 * Names of nodes as they are written in references: `train`, `train[0.5]` for an instance, with or without `.output`.
 */

/** A reference taken apart. */
export interface ReferenceParts {
  readonly node: string;
  /** '' where there is none. */
  readonly output: string;
}

/** Takes `node.output` apart; an instance's name may hold dots in its brackets. */
export function referenceParts(text: string): ReferenceParts {
  const match = /^([^.[]*(?:\[[^\]]*\])?)(?:\.([^]*))?$/u.exec(text);
  return { node: match?.[1] ?? text, output: match?.[2] ?? '' };
}

/** The node that an instance is of: `train` for `train[0.5]`. */
export function withoutInstance(name: string): string {
  const bracket = name.indexOf('[');
  return bracket < 0 ? name : name.slice(0, bracket);
}
