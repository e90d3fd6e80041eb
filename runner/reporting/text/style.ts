/**
 * Colours and marks. Nothing is said by colour alone.
 */
import { styleText } from 'node:util';

/** Paints plain text, or leaves it as it is. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly active: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** The style of an output. */
export function styleFor(colors: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]): ((text: string) => string) =>
    colors ? (text) => (text === '' ? '' : styleText(format, text, { validateStream: false })) : (text) => text;
  return {
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    active: paint('cyan'),
    dim: paint('dim'),
    strong: paint('bold'),
  };
}

/** What can be said of a node in a run: the states of a step, and those of a recorded execution. */
export type NodeState = 'waiting' | 'running' | 'complete' | 'cached' | 'skipped' | 'failed' | 'canceled' | 'abandoned';

/** A mark for each state, one column wide. */
export const MARKS: Readonly<Record<NodeState, string>> = {
  waiting: '·',
  running: '▸',
  complete: '✓',
  cached: '≡',
  skipped: '○',
  failed: '✗',
  canceled: '■',
  abandoned: '–',
};

/** How each state is painted. */
export function paintState(style: Style, state: NodeState): (text: string) => string {
  switch (state) {
    case 'complete':
    case 'cached':
      return style.good;
    case 'failed':
      return style.bad;
    case 'canceled':
      return style.warn;
    case 'running':
      return style.active;
    case 'waiting':
    case 'skipped':
    case 'abandoned':
      return style.dim;
  }
}
