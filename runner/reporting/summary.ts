/**
 * What is said when a run has ended: counts, time saved, artifacts, metrics, warnings, failures, and what to type next.
 */
import { plainLine, plainText } from './text/plain-text.js';
import { byteSize, counted, duration, metricText, shortDigest } from './text/quantities.js';
import type { NodeView, RunView } from './run-view.js';
import type { Style } from './text/style.js';
import { DIGEST_CUTS, type Column, tableLines } from './text/table.js';

/** What a summary needs to know beside the run. */
export interface SummaryOptions {
  /** Option that the next command needs to find the store: '' or ` --root …`. */
  readonly rootOption: string;
  /** Path of the store as it is shown; the paths of logs start from it. */
  readonly rootPath: string;
}

interface Drawing extends SummaryOptions {
  readonly style: Style;
  readonly columns: number;
}

/** Most rows of a table; `pipeline show` has the rest. */
const MOST_ROWS = 40;

/** Most metrics of one node. */
const MOST_METRICS = 8;

/** Most failures told in full. */
const MOST_FAILURES = 10;

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : `${style.strong(title)}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}

/** A table of the first rows, and how many more there are. */
function firstRows(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  more: string,
): readonly string[] {
  const lines = tableLines(columns, rows.slice(0, MOST_ROWS), width);
  const over = rows.length - MOST_ROWS;
  return over <= 0 ? lines : [...lines, `… ${String(over)} more: ${more}`];
}

function headline(view: RunView, { style }: Drawing): string {
  const counts = view.counts();
  const saved = [...view.nodes.values()].reduce((sum, node) => sum + (node.state === 'cached' ? node.savedMs : 0), 0);
  const after = duration(view.durationMs ?? 0);
  const verdict =
    view.outcome === 'complete'
      ? style.good(`complete in ${after}`)
      : view.outcome === 'failed'
        ? style.bad(`failed after ${after}`)
        : style.warn(`stopped after ${after}`);
  const parts = [
    counts.complete > 0 ? `${String(counts.complete)} executed` : '',
    counts.cached > 0 ? `${String(counts.cached)} cached${saved > 0 ? `, which saved ${duration(saved)}` : ''}` : '',
    counts.skipped > 0 ? `${String(counts.skipped)} skipped` : '',
    counts.failed > 0 ? style.bad(`${String(counts.failed)} failed`) : '',
    counts.canceled > 0 ? style.warn(`${String(counts.canceled)} stopped`) : '',
    counts.abandoned + counts.waiting > 0 ? `${String(counts.abandoned + counts.waiting)} not run` : '',
  ];
  const what = parts.filter((part) => part !== '').join('; ');
  const name = style.strong(`${plainLine(view.pipeline)}, run ${String(view.run)}`);
  return `${name}: ${verdict}; ${counted(view.nodes.size, 'node')}${what === '' ? '' : `: ${what}`}\n\n`;
}

/** Outputs as a cached node has them, too. */
function inOrder(outputs: NodeView['outputs']): NodeView['outputs'] {
  return outputs.toSorted((a, b) => (a.port < b.port ? -1 : a.port > b.port ? 1 : 0));
}

function artifacts(nodes: readonly NodeView[], run: string, { columns }: Drawing): readonly string[] {
  const rows = nodes.flatMap((node) =>
    inOrder(node.outputs).map(({ port, type, digest, bytes }) => [
      `${node.name}.${port}`,
      type,
      shortDigest(digest),
      byteSize(bytes),
      node.state === 'cached' ? 'cached' : 'new',
    ]),
  );
  const titles = [
    ...[{ title: '' }, { title: '' }, { title: '', cuts: DIGEST_CUTS }],
    ...[{ title: '', align: 'right' as const }, { title: '' }],
  ];
  return firstRows(titles, rows, columns - 2, run);
}

function metrics(nodes: readonly NodeView[], run: string, { columns }: Drawing): readonly string[] {
  const rows = nodes.flatMap((node) => {
    const all = Object.entries(node.metrics).sort(([a], [b]) => (a < b ? -1 : 1));
    const shown = all.slice(0, MOST_METRICS).map(([name, value]) => [node.name, name, metricText(value)]);
    return all.length <= MOST_METRICS
      ? shown
      : [...shown, [node.name, `… ${String(all.length - MOST_METRICS)} more`, '']];
  });
  const name = { title: '', isName: true };
  const titles = [name, name, { title: '' }];
  return firstRows(titles, rows, columns - 2, run);
}

function failure(node: NodeView, { style, rootPath }: Drawing): string {
  const failed = node.failure;
  if (failed === undefined) return '';
  const indented = (text: string): string => plainText(text).replaceAll('\n', '\n    ');
  // A program's last lines are often in the message already.
  const lastLines = node.lastLines.filter((line) => !failed.message.includes(line));
  const lines = [
    style.bad(`${plainLine(node.name)}[${plainLine(failed.code)}]: ${indented(failed.message)}`),
    ...(failed.hint === undefined ? [] : [`  help: ${indented(failed.hint)}`]),
    ...(failed.stack === undefined ? [] : [`  ${style.dim(indented(failed.stack))}`]),
    ...(lastLines.length === 0 ? [] : ['  last lines of its log:']),
    ...lastLines.map((line) => style.dim(`    | ${plainLine(line)}`)),
    ...(node.log === undefined ? [] : [`  log: ${plainLine(`${rootPath}/${node.log}`)}`]),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function failures(nodes: readonly NodeView[], run: string, drawing: Drawing): string {
  const failed = nodes.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  const told = failed.slice(0, MOST_FAILURES).map((node) => failure(node, drawing));
  const more = failed.length > MOST_FAILURES ? `  … ${String(failed.length - MOST_FAILURES)} more: ${run}\n` : '';
  return `${drawing.style.strong('failures')}\n${told.join('\n')}${more}\n`;
}

function next(view: RunView, nodes: readonly NodeView[], run: string, { rootOption, style }: Drawing): string {
  const failed = nodes.find(({ state }) => state === 'failed');
  if (failed !== undefined) {
    return `next: mend it and run the same command again: what is done stays done\n      ${style.strong(run)} tells all of this run\n`;
  }
  if (view.outcome !== 'complete') return 'next: run the same command again to go on: what is done stays done\n';
  const last = nodes.findLast(({ outputs }) => outputs.length > 0);
  const port = last && inOrder(last.outputs)[0]?.port;
  if (last === undefined || port === undefined) return `next: ${style.strong(run)}\n`;
  return `next: ${style.strong(`pipeline lineage ${plainLine(last.name)}.${plainLine(port)}${rootOption}`)}\n`;
}

/** The summary of a run that has ended, with a line break at its end. */
export function summaryText(view: RunView, drawing: Drawing): string {
  const nodes = [...view.nodes.values()];
  const run = `pipeline show ${String(view.run)}${drawing.rootOption}`;
  const warnings = view.warnings.map(({ node, message }) => `${plainLine(node)}: ${plainLine(message)}`);
  if (view.moreWarnings > 0) warnings.push(`… ${String(view.moreWarnings)} more in the logs`);
  return [
    headline(view, drawing),
    section('artifacts', artifacts(nodes, run, drawing), drawing.style),
    section('metrics', metrics(nodes, run, drawing), drawing.style),
    section('warnings', warnings, drawing.style),
    failures(nodes, run, drawing),
    next(view, nodes, run, drawing),
  ].join('');
}
