/**
 * A pipeline as text: its nodes in order, beside rails that lead from each to those that need it.
 */
import type { GatheredNode } from '../../graph/gather-instances.js';
import { forwardOrder } from './forward-order.js';
import { arrowsOf, eachLines, stateOf, titleOf } from './pipeline-drawing.js';
import { cut, displayWidth, pad, plainLine } from '../text/plain-text.js';
import { countRails, drawRails } from './rails.js';
import { MARKS, paintState, type NodeState, type Style } from '../text/style.js';

/** Narrowest column for what a node takes. */
const NARROWEST = 24;

/** More rails than these side by side, nobody can follow: nodes are listed without. */
const MOST_RAILS = 40;

/** What a node takes, a phrase each: `Examples of examples`. */
function takings({ inputs, follows }: GatheredNode): readonly string[] {
  const taken = inputs.map(({ type, node }) => `${type} of ${node}`);
  return [...new Set(taken), ...follows.map((node) => `after ${node}`)];
}

/** Phrases with commas between them, in lines of at most so many columns. */
function wrapped(phrases: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  phrases.map(plainLine).forEach((phrase, index) => {
    const text = index === phrases.length - 1 ? phrase : `${phrase},`;
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(text) <= width) {
      lines[lines.length - 1] = `${last} ${text}`;
    } else lines.push(cut(text, width));
  });
  return lines;
}

/**
 * Draws a pipeline as text with a line break at the end.
 *
 * @param states - of the nodes in a run, by name
 * @param width - columns of the terminal; Infinity where lines may be of any length
 */
export function pipelineText(
  nodes: readonly GatheredNode[],
  states: ReadonlyMap<string, NodeState> | undefined,
  style: Style,
  width: number,
): string {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const ordered = forwardOrder([...byName.keys()], arrowsOf(nodes)).flatMap((name) => byName.get(name) ?? []);
  const needs = (node: GatheredNode): readonly string[] => [
    ...new Set([...node.inputs.map((input) => input.node), ...node.follows]),
  ];
  const listed = ordered.map((node) => {
    const state = stateOf(node, states);
    const mark = state === undefined ? '●' : paintState(style, state)(MARKS[state]);
    return { name: node.name, needs: needs(node), mark };
  });
  const rails =
    countRails(listed) > MOST_RAILS
      ? listed.map(({ mark }) => ({ at: mark, below: ' ', width: 1 }))
      : drawRails(listed);
  const widest = (of: (node: GatheredNode) => string): number =>
    ordered.reduce((most, node) => Math.max(most, displayWidth(plainLine(of(node)))), 0);
  const columns = {
    rails: rails.reduce((most, rail) => Math.max(most, rail.width), 0),
    title: widest(titleOf),
    component: widest(({ component }) => component),
  };
  const before = columns.rails + 1 + columns.title + 2 + columns.component + 2;
  const room = Math.max(NARROWEST, width - before);
  const lines = ordered.flatMap((node, index) => {
    const rail = rails[index] ?? { at: '', below: '', width: 0 };
    const filled = (text: string): string => text + ' '.repeat(columns.rails - rail.width + 1);
    const [first = '', ...more] = wrapped(takings(node), room);
    const title = style.strong(plainLine(titleOf(node)));
    const component = style.dim(plainLine(node.component));
    const notes = [
      ...eachLines(node).map((line) => `for each ${line}`),
      ...(node.when === undefined ? [] : [`when ${node.when}`]),
    ];
    return [
      `${filled(rail.at)}${pad(title, columns.title)}  ${pad(component, columns.component)}  ${first}`,
      ...more.map((text) => `${filled(rail.below)}${' '.repeat(before - columns.rails - 1)}${text}`),
      ...notes.map((note) => `${filled(rail.below)}  ${style.dim(cut(plainLine(note), width - columns.rails - 3))}`),
    ];
  });
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
