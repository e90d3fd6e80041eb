/**
 * A drawing before it is drawn: boxes and the arrows between them. What it is of is known by those who make it, how it looks
 * by those who draw it.
 */
import type { NodeState } from '../text/style.js';

/** A box. */
export interface Box {
  /** Letters and digits; within one drawing it names the box. */
  readonly id: string;
  /** Text that may hold anything; the first line is the title. */
  readonly lines: readonly string[];
  readonly shape: 'square' | 'rounded';
  /** It is what the drawing is about. */
  readonly isRoot: boolean;
  /** It may come to nothing: a condition decides. */
  readonly isConditional: boolean;
  readonly state: NodeState | undefined;
}

/** An arrow in the direction in which the work goes. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Text that may hold anything, a line each. */
  readonly labels: readonly string[];
  /** It carries nothing: one only comes before the other. */
  readonly isOrder: boolean;
}

/** Boxes and arrows. */
export interface Drawing {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}
