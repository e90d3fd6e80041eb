/**
 * Drawings as SVG, in light and dark, without scripts and without anything loaded.
 */
import { Html, html as markup } from '../../../components/formats/html.js';
import type { Arrow, Box, Drawing } from './drawing.js';
import { layOut, type Layout, type Point } from './layout.js';
import { cut, displayWidth, plainLine } from '../text/plain-text.js';
import { MARKS } from '../text/style.js';

/** Pixels that a column of text takes, in titles and in what stands below them; fonts differ, so they are ample. */
const TITLE_COLUMN = 8;
const LINE_COLUMN = 6.8;

const TITLE_HEIGHT = 19;
const LINE_HEIGHT = 16;
const PADDING = 12;

/** Most columns of a line. */
const LONGEST = 44;

/** Rules for drawings; colours come from the custom properties of the page around them, where there is one. */
export const DRAWING_STYLES = `
.drawing { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
.drawing .title { font-size: 13px; font-weight: 600; }
.drawing text { fill: var(--text); text-anchor: middle; }
.drawing .faint { fill: var(--faint); }
.drawing .box { fill: var(--card); stroke: var(--faint); stroke-width: 1.2; }
.drawing .root .box { stroke-width: 3; }
.drawing .conditional .box { stroke-dasharray: 5 3; }
.drawing .complete .box, .drawing .cached .box { stroke: var(--good); }
.drawing .failed .box { stroke: var(--bad); stroke-width: 2.4; }
.drawing .running .box, .drawing .canceled .box { stroke: var(--bar); stroke-width: 2; }
.drawing .skipped, .drawing .waiting, .drawing .abandoned { opacity: .6; }
.drawing .arrow { fill: none; stroke: var(--faint); stroke-width: 1.2; }
.drawing .order { stroke-dasharray: 3 3; }
.drawing .head { fill: var(--faint); }
.drawing .label { font-size: 11px; fill: var(--faint); stroke: var(--card); stroke-width: 4; paint-order: stroke; stroke-linejoin: round; }
`;

const COLOURS = `
svg { color-scheme: light dark; background: var(--card);
  --card: #ffffff; --text: #1b2430; --faint: #5d6b7c; --good: #1a7f4b; --bad: #c4432b; --bar: #3b6fd4; }
@media (prefers-color-scheme: dark) {
  svg { --card: #1b212a; --text: #e4e9ef; --faint: #94a2b3; --good: #3fb37a; --bad: #e8765c; --bar: #7ba4f4; }
}
`;

interface SizedBox {
  readonly id: string;
  readonly box: Box;
  /** Made plain, and cut. */
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

function sized(box: Box): SizedBox {
  const [title = '', ...more] = box.lines.map(plainLine);
  const marked = box.state === undefined ? title : `${MARKS[box.state]} ${title}`;
  const lines = [marked, ...more].map((line) => cut(line, LONGEST));
  const widths = lines.map((line, index) => displayWidth(line) * (index === 0 ? TITLE_COLUMN : LINE_COLUMN));
  return {
    id: box.id,
    box,
    lines,
    width: Math.ceil(Math.max(...widths) + 2 * PADDING),
    height: TITLE_HEIGHT + (lines.length - 1) * LINE_HEIGHT + PADDING,
  };
}

/** A number as it stands in SVG: short, and the same everywhere. */
function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function boxSvg({ box, lines, width, height }: SizedBox, { x, y }: Point): Html {
  const [left, top] = [figure(x - width / 2), figure(y - height / 2)];
  const kinds = [box.state ?? '', box.isRoot ? 'root' : '', box.isConditional ? 'conditional' : ''];
  const radius = box.shape === 'rounded' ? figure(Math.min(height / 2, 16)) : '4';
  const texts = lines.map((line, index) => {
    const baseline = y - height / 2 + PADDING / 2 + (index === 0 ? 14 : TITLE_HEIGHT + index * LINE_HEIGHT - 4);
    const kind = index === 0 ? 'title' : 'faint';
    return markup`<text class="${kind}" x="${figure(x)}" y="${figure(baseline)}">${line}</text>`;
  });
  const whole = [...box.lines.map(plainLine), ...(box.state === undefined ? [] : [box.state])].join('\n');
  return markup`<g class="${kinds.filter((kind) => kind !== '').join(' ')}"><title>${whole}</title><rect class="box" x="${left}" y="${top}" width="${width}" height="${height}" rx="${radius}"/>${texts}</g>\n`;
}

/** A curve through points, upright at each. */
function curve(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      const end = `${figure(x)} ${figure(y)}`;
      if (before === undefined) return `M${end}`;
      const middle = figure((before.y + y) / 2);
      return `C${figure(before.x)} ${middle} ${figure(x)} ${middle} ${end}`;
    })
    .join('');
}

function arrowSvg({ isOrder }: Arrow, { points }: Layout['routes'][number]): Html {
  const end = points.at(-1);
  if (end === undefined) return new Html('');
  const [x, y] = [figure(end.x), figure(end.y)];
  const line = curve([...points.slice(0, -1), { x: end.x, y: end.y - 6 }]);
  return markup`<path class="arrow${isOrder ? ' order' : ''}" d="${line}"/><path class="head" d="M${x} ${y}l-4 -8h8z"/>\n`;
}

function labelSvg(labels: readonly string[], { x, y }: Point): readonly Html[] {
  const top = y - ((labels.length - 1) * LINE_HEIGHT) / 2 + 4;
  return labels.map(
    (label, index) =>
      markup`<text class="label" x="${figure(x)}" y="${figure(top + index * LINE_HEIGHT)}">${label}</text>\n`,
  );
}

function svg({ boxes, arrows }: Drawing, attributes: string, before: Html): Html {
  const cells = boxes.map(sized);
  const labels = arrows.map((arrow) => arrow.labels.map((label) => cut(plainLine(label), LONGEST)));
  const layout = layOut(
    cells,
    arrows.map(({ from, to }, index) => {
      const lines = labels[index] ?? [];
      const labelWidth = Math.max(0, ...lines.map((line) => displayWidth(line) * LINE_COLUMN));
      return { from, to, labelWidth, labelHeight: lines.length * LINE_HEIGHT };
    }),
  );
  const [width, height] = [figure(layout.width), figure(layout.height)];
  const nowhere = { points: [], label: { x: 0, y: 0 } };
  const lines = arrows.map((arrow, index) => arrowSvg(arrow, layout.routes[index] ?? nowhere));
  const texts = labels.flatMap((each, index) => labelSvg(each, (layout.routes[index] ?? nowhere).label));
  const shapes = cells.map((cell) => boxSvg(cell, layout.centers.get(cell.id) ?? nowhere.label));
  return markup`<svg${new Html(attributes)} class="drawing" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">\n${before}${lines}${texts}${shapes}</svg>\n`;
}

/** A drawing as a part of a page that has {@link DRAWING_STYLES}. */
export function drawingSvg(drawing: Drawing): Html {
  return svg(drawing, '', new Html(''));
}

/** A drawing as a file. */
export function drawingFile(drawing: Drawing): string {
  return svg(drawing, ' xmlns="http://www.w3.org/2000/svg"', new Html(`<style>${COLOURS}${DRAWING_STYLES}</style>\n`))
    .text;
}
