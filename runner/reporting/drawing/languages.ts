/**
 * Drawings in the languages of other programs, which lay them out: Mermaid and Graphviz.
 */
import type { Arrow, Box, Drawing } from './drawing.js';
import { plainLine } from '../text/plain-text.js';

/** Text inside quotes of Mermaid: entities begin with `#` there, and HTML is read as such. */
function mermaidText(lines: readonly string[]): string {
  const line = (text: string): string =>
    plainLine(text).replace(/[^\w .,:/()-]/gu, (character) => `#${String(character.codePointAt(0))};`);
  return `"${lines.map(line).join('<br/>')}"`;
}

function mermaidBox({ id, lines, shape }: Box): string {
  return shape === 'rounded' ? `${id}(${mermaidText(lines)})` : `${id}[${mermaidText(lines)}]`;
}

function mermaidArrow({ from, to, labels, isOrder }: Arrow): string {
  const line = isOrder ? '-.->' : '-->';
  return `${from} ${line}${labels.length === 0 ? '' : `|${mermaidText(labels)}|`} ${to}`;
}

/** A Mermaid flowchart. */
export function mermaid({ boxes, arrows }: Drawing): string {
  return [
    'flowchart TB',
    ...boxes.map((box) => `  ${mermaidBox(box)}`),
    ...arrows.map((arrow) => `  ${mermaidArrow(arrow)}`),
    ...boxes.filter(({ isRoot }) => isRoot).map(({ id }) => `  style ${id} stroke-width:3px`),
    ...boxes.filter(({ isConditional }) => isConditional).map(({ id }) => `  style ${id} stroke-dasharray:4`),
    '',
  ].join('\n');
}

/** Text inside quotes of Graphviz. */
function dotText(lines: readonly string[]): string {
  const line = (text: string): string => plainLine(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${lines.map(line).join('\\n')}"`;
}

function dotBox({ id, lines, shape, isRoot, isConditional }: Box): string {
  const styles = [
    ...(shape === 'rounded' ? ['rounded'] : []),
    ...(isRoot ? ['bold'] : []),
    ...(isConditional ? ['dashed'] : []),
  ];
  const style = styles.length === 0 ? '' : `style="${styles.join(',')}", `;
  return `${id} [shape=box, ${style}label=${dotText(lines)}];`;
}

function dotArrow({ from, to, labels, isOrder }: Arrow): string {
  return `${from} -> ${to} [label=${dotText(labels)}${isOrder ? ', style=dashed' : ''}];`;
}

/** A Graphviz graph. */
export function dot({ boxes, arrows }: Drawing): string {
  return [
    'digraph {',
    '  node [fontname="sans-serif"];',
    ...boxes.map((box) => `  ${dotBox(box)}`),
    ...arrows.map((arrow) => `  ${dotArrow(arrow)}`),
    '}',
    '',
  ].join('\n');
}
