/**
 * The course of a training: a chart a metric, with its values in training and in validation by epoch.
 */
import { html, html as markup, type Html } from '../../../components/formats/html.js';
import { plainLine } from '../text/plain-text.js';
import { metricText } from '../text/quantities.js';
import { section } from './sections.js';

/** Numbers by name, one mapping an epoch. */
export type Epochs = readonly Readonly<Record<string, number>>[];

/** What begins the names of metrics that were measured in validation; Keras' habit. */
const VALIDATION = 'val_';

/** Pixels of a chart, and of what is around the lines. */
const WIDTH = 340;
const HEIGHT = 190;
const LEFT = 52;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 24;

/** A line: an epoch's number and a value. */
type Points = readonly (readonly [epoch: number, value: number])[];

function pointsOf(epochs: Epochs, name: string): Points {
  return epochs.flatMap((epoch, index) => {
    const value = Object.hasOwn(epoch, name) ? epoch[name] : undefined;
    return value === undefined ? [] : [[epoch['epoch'] ?? index + 1, value] as const];
  });
}

function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** @param all - what there must be room for */
function chart(metric: string, lines: readonly (readonly [kind: string, points: Points])[], all: Points): Html {
  const values = all.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.min(...all.map(([epoch]) => epoch));
  const last = Math.max(...all.map(([epoch]) => epoch));
  const x = (epoch: number): number => LEFT + ((epoch - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const grid = (high === low ? [low] : [low, (low + high) / 2, high]).map(
    (value) =>
      markup`<path class="grid" d="M${LEFT} ${figure(y(value))}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 6}" y="${figure(y(value) + 4)}">${String(Number(value.toPrecision(3)))}</text>`,
  );
  const drawn = lines.map(([kind, points]) => {
    const path = points.map(([epoch, value]) => `${figure(x(epoch))} ${figure(y(value))}`).join('L');
    const dots = points.map(
      ([epoch, value]) =>
        markup`<circle class="${kind}" cx="${figure(x(epoch))}" cy="${figure(y(value))}" r="2.5"><title>epoch ${epoch}: ${metricText(value)}</title></circle>`,
    );
    return markup`<path class="curve ${kind}" d="M${path}"/>${points.length <= 60 ? dots : ''}`;
  });
  const end = last === first ? '' : markup`<text class="tick" x="${WIDTH - RIGHT}" y="${HEIGHT - 6}">${last}</text>`;
  return html`<figure>
    <figcaption>${plainLine(metric)}</figcaption>
    ${markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${grid}${drawn}<text class="tick start" x="${LEFT}" y="${HEIGHT - 6}">epoch ${first}</text>${end}</svg>`}
  </figure> `;
}

function charts(epochs: Epochs, compared: readonly Epochs[]): readonly Html[] {
  const names = [...new Set(epochs.flatMap((epoch) => Object.keys(epoch)))].filter((name) => name !== 'epoch');
  const metrics = [
    ...new Set(names.map((name) => (name.startsWith(VALIDATION) ? name.slice(VALIDATION.length) : name))),
  ];
  return metrics.flatMap((metric) => {
    const lines = [
      ['train', pointsOf(epochs, metric)] as const,
      ['val', pointsOf(epochs, `${VALIDATION}${metric}`)] as const,
    ].filter(([, points]) => points.length > 0);
    const all = compared.flatMap((each) => [...pointsOf(each, metric), ...pointsOf(each, `${VALIDATION}${metric}`)]);
    return lines.length === 0 ? [] : [chart(metric, lines, all)];
  });
}

/**
 * Sections for trainings, by the output that tells of each.
 *
 * @param compared - trainings whose charts have one scale with these; without, each has its own
 */
export function trainingCurves(
  trainings: ReadonlyMap<string, Epochs>,
  compared: readonly Epochs[] = [],
): readonly Html[] {
  return [...trainings].flatMap(([output, epochs]) => {
    const drawn = charts(epochs, [epochs, ...compared]);
    if (drawn.length === 0) return [];
    const legend = html`<p class="note"><i class="key train"></i> training <i class="key val"></i> validation</p>`;
    return [
      section(
        `Training: ${plainLine(output)}`,
        html`<div class="charts">${drawn}</div>
          ${legend}`,
      ),
    ];
  });
}
