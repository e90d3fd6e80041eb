/**
 * A run as one page that needs nothing else: its graph, times, numbers, data, lineage, and the ends of its logs.
 */
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { confusionMatrix } from '../../../components/evaluator/report/classification-sections.js';
import type { ClassificationResult } from '../../../components/evaluator/evaluation.js';
import { html, htmlPage, type Html } from '../../../components/formats/html.js';
import { drawingSvg } from '../drawing/svg.js';
import type { Drawing } from '../drawing/drawing.js';
import type { LogLine } from '../logs/log-reader.js';
import { plainLine, plainText } from '../text/plain-text.js';
import { byteSize, duration, metricText, moment, shortDigest } from '../text/quantities.js';
import { MARKS, type NodeState } from '../text/style.js';
import { trainingCurves, type Epochs } from './curves.js';
import { section, table } from './sections.js';
import { PAGE_STYLES } from './styles.js';
import { timeChart } from './time-chart.js';

/** What is shown of a step. */
export interface PageStep {
  readonly node: string;
  readonly component: string;
  readonly state: NodeState;
  /** Why it ran, was skipped, or failed; where its outputs are from. */
  readonly because: string;
  readonly startedAt: number;
  /** Undefined while it runs, and where it took no time: cached and skipped. */
  readonly endedAt: number | undefined;
  readonly attempts: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly outputs: readonly PageOutput[];
  /** The end of what it said. */
  readonly log: readonly LogLine[];
  /** There was more. */
  readonly isLogCut: boolean;
}

/** What is shown of an output. */
export interface PageOutput {
  readonly port: string;
  readonly type: string;
  readonly digest: string;
  readonly bytes: number;
  readonly gone: boolean;
}

/** All that a page shows. */
export interface RunPageContent {
  readonly run: RunRecord;
  readonly steps: readonly PageStep[];
  readonly drawing: Drawing;
  /** By `node.port`. */
  readonly trainings: ReadonlyMap<string, Epochs>;
  readonly evaluations: ReadonlyMap<string, ClassificationResult>;
  readonly data: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Trees as text by `node.port`. */
  readonly lineages: ReadonlyMap<string, string>;
  /** When the page is made: a run may be going on. */
  readonly now: number;
}

/** The state of a run in one word, with how well that is. */
const VERDICTS: Readonly<Record<RunRecord['state'], readonly [word: string, kind: string]>> = {
  COMPLETE: ['✓ complete', 'pass'],
  FAILED: ['✗ failed', 'fail'],
  CANCELED: ['■ stopped', 'fail'],
  RUNNING: ['▸ running', 'going'],
};

function tile(value: string, title: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${title}</span></div> `;
}

function tiles({ run, steps, now }: RunPageContent): Html {
  const count = (state: NodeState): number => steps.filter((step) => step.state === state).length;
  const counts = (['complete', 'cached', 'skipped', 'failed', 'canceled', 'running'] as const).flatMap((state) =>
    count(state) === 0 ? [] : [tile(String(count(state)), state === 'complete' ? 'executed' : state)],
  );
  return html`<section class="tiles">
    ${tile(duration((run.endedAt ?? now) - run.startedAt), 'from beginning to end')}${counts}
  </section>`;
}

function failures(steps: readonly PageStep[]): Html | '' {
  const failed = steps.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  return section(
    failed.length === 1 ? 'What failed' : 'What failed, in order',
    html`${failed.map(
      ({ node, because }) =>
        html`<p><b class="fail-text">✗ ${plainLine(node)}</b></p>
          <pre class="said">${plainText(because)}</pre>`,
    )}`,
  );
}

function stepTable(steps: readonly PageStep[]): Html {
  return table(
    [{ title: 'Node' }, { title: 'Component' }, { title: 'Why' }],
    steps.map(({ node, component, state, attempts, because }) => [
      `${MARKS[state]} ${node}`,
      component,
      `${because.split('\n', 1)[0] ?? ''}${attempts > 1 ? `, ${String(attempts)} attempts` : ''}`,
    ]),
  );
}

function metricTable(steps: readonly PageStep[]): Html | '' {
  const rows = steps.flatMap(({ node, metrics }) =>
    Object.entries(metrics).map(([name, value]) => [node, name, metricText(value)]),
  );
  const columns = [{ title: 'Node' }, { title: 'Metric' }, { title: 'Value', align: 'right' as const }];
  return rows.length === 0 ? '' : section('Metrics', table(columns, rows));
}

function paramTable({ params }: RunRecord): Html | '' {
  const rows = Object.entries(params).map(([name, value]) => [name, JSON.stringify(value)]);
  return rows.length === 0
    ? ''
    : section('Params', table([{ title: 'Param' }, { title: 'Value', isCode: true }], rows));
}

function dataTables(data: RunPageContent['data']): Html | '' {
  const rows = [...data].flatMap(([output, facts]) => [...facts].map(([name, value]) => [output, name, value]));
  const columns = [{ title: 'Output' }, { title: '' }, { title: 'Value' }];
  return rows.length === 0 ? '' : section('Data', table(columns, rows));
}

function artifactTable(steps: readonly PageStep[]): Html | '' {
  const rows = steps.flatMap(({ node, outputs }) =>
    outputs.map(({ port, type, digest, bytes, gone }) => [
      `${node}.${port}`,
      type,
      shortDigest(digest),
      gone ? 'gone' : byteSize(bytes),
    ]),
  );
  if (rows.length === 0) return '';
  const size = { title: 'Size', align: 'right' as const };
  return section(
    'Artifacts',
    table([{ title: 'Output' }, { title: 'Type' }, { title: 'Digest', isCode: true }, size], rows),
  );
}

function fold(title: string, note: string, text: string): Html {
  return html`<details>
    <summary>${plainLine(title)} <span class="faint">${note}</span></summary>
    <pre>${text}</pre>
  </details> `;
}

function lineages(trees: RunPageContent['lineages']): Html | '' {
  if (trees.size === 0) return '';
  return section('Lineage', html`${[...trees].map(([output, tree]) => fold(output, '', tree))}`);
}

function logText({ time, level, message }: LogLine): string {
  return [...(time === undefined ? [] : [time.slice(11, 19)]), ...(level === 'warn' ? ['warn'] : []), message].join(
    ' ',
  );
}

function logs(steps: readonly PageStep[]): Html | '' {
  const spoke = steps.filter(({ log }) => log.length > 0);
  if (spoke.length === 0) return '';
  const folds = spoke.map(({ node, log, isLogCut }) =>
    fold(node, isLogCut ? `the last ${String(log.length)} lines` : '', log.map(logText).join('\n')),
  );
  return section('What steps said', html`${folds}`);
}

function evaluationSections(evaluations: RunPageContent['evaluations']): readonly Html[] {
  return [...evaluations].map(([output, evaluation]) => confusionMatrix(evaluation, output));
}

/** Makes the page. */
export function runPage(content: RunPageContent): string {
  const { run, steps, drawing, now } = content;
  const [word, kind] = VERDICTS[run.state];
  const end = run.endedAt ?? now;
  return htmlPage(
    `Run ${String(run.id)} of ${plainLine(run.pipeline)}`,
    PAGE_STYLES,
    html`<header>
        <div>
          <h1>${plainLine(run.pipeline)}, run ${run.id}</h1>
          <p class="faint">${moment(run.startedAt)}, from <code>${plainLine(run.file)}</code></p>
        </div>
        <span class="verdict ${kind}">${word}</span>
      </header>
      ${tiles(content)} ${failures(steps)} ${section('Graph', html`<div class="wide">${drawingSvg(drawing)}</div>`)}
      ${section('Times', timeChart(steps, run.startedAt, end))} ${metricTable(steps)}
      ${trainingCurves(content.trainings)} ${evaluationSections(content.evaluations)} ${paramTable(run)}
      ${section('Steps', stepTable(steps))} ${dataTables(content.data)} ${artifactTable(steps)}
      ${lineages(content.lineages)} ${logs(steps)}`,
  );
}
