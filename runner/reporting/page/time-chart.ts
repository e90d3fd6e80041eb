/**
 * When the steps of a run were at work: a bar a step over the time of the run (a Gantt chart).
 */
import { html, type Html } from '../../../components/formats/html.js';
import { plainLine } from '../text/plain-text.js';
import { duration } from '../text/quantities.js';
import { MARKS, type NodeState } from '../text/style.js';

/** A step with its times in milliseconds since 1970. */
export interface TimedStep {
  readonly node: string;
  readonly state: NodeState;
  readonly startedAt: number;
  /** Undefined where it took no time, or has not ended. */
  readonly endedAt: number | undefined;
}

/** Units that the time of a run is divided into. */
const UNITS = 1000;

/** Narrowest bar, in units: what took time at all is to be seen. */
const NARROWEST = 4;

function bar({ startedAt, endedAt, state }: TimedStep, from: number, to: number): Html | '' {
  const end = endedAt ?? (state === 'running' ? to : undefined);
  if (end === undefined) return '';
  const scale = UNITS / Math.max(1, to - from);
  const width = Math.min(UNITS, Math.max(NARROWEST, (end - startedAt) * scale));
  const x = Math.min(UNITS - width, Math.max(0, (startedAt - from) * scale));
  return html`<svg class="span" viewBox="0 0 ${UNITS} 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="${UNITS}" height="10" />
    <rect class="bar ${state}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="10" />
  </svg>`;
}

/** Draws the chart. */
export function timeChart(steps: readonly TimedStep[], from: number, to: number): Html {
  const rows = steps.map((step) => {
    const { node, state, startedAt, endedAt } = step;
    const took = endedAt === undefined ? state : duration(endedAt - startedAt);
    return html`<tr>
      <th scope="row">${MARKS[state]} ${plainLine(node)}</th>
      <td class="when">${bar(step, from, to)}</td>
      <td class="number">${took}</td>
    </tr> `;
  });
  return html`<div class="wide">
    <table class="times">
      <tbody>
        ${rows}
        <tr>
          <td></td>
          <td class="scale faint"><span>0</span><span>${duration(to - from)}</span></td>
          <td></td>
        </tr>
      </tbody>
    </table>
  </div>`;
}
