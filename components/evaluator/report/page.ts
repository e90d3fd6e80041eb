/**
 * The report as one page.
 */
import type { Blessing, ThresholdCheck } from '../../formats/blessing.js';
import type { Evaluation } from '../evaluation.js';
import { shownAgainst } from '../thresholds.js';
import { classTable, confusionMatrix, worstConfusions } from './classification-sections.js';
import { decimal, minus, nameOf, percentage, signed, wholeNumber } from './format.js';
import { html, htmlPage, type Html } from '../../formats/html.js';
import { listTable } from './list-table.js';
import { mistakesSection, type ShownMistake } from './mistakes-section.js';
import { STYLES } from './styles.js';

const TITLES: Readonly<Record<string, string>> = {
  loss: 'loss',
  accuracy: 'accuracy',
  macro_f1: 'macro F1',
  mean_absolute_error: 'mean absolute error',
  root_mean_squared_error: 'root mean squared error',
  r2: 'R²',
};

function isShare(metric: string): boolean {
  return !['loss', 'mean_squared_error', 'mean_absolute_error', 'root_mean_squared_error', 'r2'].includes(metric);
}

function show(metric: string, value: number): string {
  return isShare(metric) ? percentage(value) : decimal(value);
}

function changeOf(metric: string, value: number | null, baseline: number | null | undefined): string | undefined {
  if (typeof baseline !== 'number' || value === null) return undefined;
  const change = value - baseline;
  const shown = isShare(metric) ? `${(change * 100).toFixed(1)} points` : decimal(change);
  return `baseline ${show(metric, baseline)}, ${signed(shown, change)}`;
}

function tile([metric, value]: readonly [string, number | null], { baseline_metrics }: Evaluation): Html {
  const top = /^top_(\d+)_accuracy$/u.exec(metric)?.[1];
  const title = top === undefined ? (TITLES[metric] ?? metric) : `top-${top} accuracy`;
  const text = changeOf(metric, value, baseline_metrics?.[metric]);
  const change = text === undefined ? '' : html`<br /><span>${text}</span>`;
  return html`<div class="tile">
    <b>${value === null ? '–' : show(metric, value)}</b><span>${title}</span>${change}
  </div> `;
}

function tiles(evaluation: Evaluation): Html {
  const shown = Object.entries(evaluation.metrics).filter(
    ([metric]) => Object.hasOwn(TITLES, metric) || metric.startsWith('top_'),
  );
  return html`<section class="tiles">${shown.map((metric) => tile(metric, evaluation))}</section>`;
}

function checkRow({ metric, bound, limit, value, passed }: ThresholdCheck): Html {
  const sign = bound.startsWith('minimum') ? '≥' : '≤';
  const verdict = passed ? html`<td class="pass-text">✓ holds</td>` : html`<td class="fail-text">✗ fails</td>`;
  return html`<tr>
    <th scope="row">${nameOf(metric)}${bound.endsWith('_change') ? ' − baseline' : ''}</th>
    <td class="number">${value === null ? 'not defined' : minus(shownAgainst(value, limit))}</td>
    <td class="number">${sign} ${minus(String(limit))}</td>
    ${verdict}
  </tr> `;
}

function thresholds({ checks, reasons }: Blessing): Html {
  if (checks.length === 0) {
    return html`<section>
      <h2>Thresholds</h2>
      ${reasons.map((reason) => html`<p>${reason}</p>`)}
    </section>`;
  }
  return html`<section>
    <h2>Thresholds</h2>
    ${listTable(['Metric', { number: 'Value' }, { number: 'Wanted' }, 'Verdict'], checks.map(checkRow))}
  </section>`;
}

function origin(evaluation: Evaluation): Html {
  const { backend } = evaluation;
  const digest = (name: string, value: string | null): Html | '' =>
    value === null
      ? ''
      : html`<dt>${name}</dt>
          <dd><code>${value}</code></dd>`;
  return html`<section>
    <h2>Where the numbers come from</h2>
    <dl>
      ${digest('Model', evaluation.model)}${digest('Baseline', evaluation.baseline_model)}${digest('Examples', evaluation.examples)}
      <dt>Split</dt>
      <dd>${evaluation.split}</dd>
      <dt>Loss</dt>
      <dd>${evaluation.loss ?? 'not defined: the outputs are no probabilities'}</dd>
      <dt>Computed with</dt>
      <dd>TensorFlow.js, ${backend.name} ${backend.version}</dd>
    </dl>
  </section>`;
}

/** Makes the page. */
export function reportPage(evaluation: Evaluation, blessing: Blessing, mistakes: readonly ShownMistake[]): string {
  const verdict = blessing.blessed
    ? html`<span class="verdict pass">✓ blessed</span>`
    : html`<span class="verdict fail">✗ not blessed</span>`;
  const classes =
    evaluation.kind === 'classification'
      ? html`${classTable(evaluation)}
          <div class="pair">${confusionMatrix(evaluation)} ${worstConfusions(evaluation)}</div>`
      : '';
  return htmlPage(
    `Evaluation of ${evaluation.label} on ${evaluation.split}`,
    STYLES,
    html`<header>
        <div>
          <h1>Evaluation of ${nameOf(evaluation.label)}</h1>
          <p class="faint">${wholeNumber(evaluation.count)} examples of split <b>${evaluation.split}</b></p>
        </div>
        ${verdict}
      </header>
      ${tiles(evaluation)} ${thresholds(blessing)} ${classes} ${mistakesSection(evaluation, mistakes)}
      ${origin(evaluation)}`,
  );
}
