/**
 * A run as a page of Markdown, for the summary of a job of continuous integration.
 */
import { appendFileSync } from 'node:fs';
import { errorMessage } from '../../../artifacts/system-error.js';
import { markdownTable, markdownText } from '../text/markdown.js';
import { byteSize, duration, metricText } from '../text/quantities.js';
import type { Clock, Reporter } from '../reporter.js';
import { RunView, type NodeView } from '../run-view.js';
import { MARKS } from '../text/style.js';

/** Most rows of a table: a summary may have one mebibyte. */
const MOST_ROWS = 500;

/** Longest message of a failure, in characters. */
const LONGEST = 2000;

const VERDICTS = { complete: 'complete in', failed: 'failed after', canceled: 'stopped after' } as const;

function left(title: string): { readonly title: string } {
  return { title };
}

function right(title: string): { readonly title: string; readonly align: 'right' } {
  return { title, align: 'right' };
}

function nodeRow({ name, state, durationMs, resources, from, savedMs, because, reason }: NodeView): readonly string[] {
  const why =
    state === 'cached'
      ? `${from}, saved ${duration(savedMs)}`
      : state === 'abandoned' || state === 'skipped'
        ? because
        : reason;
  return [
    `${MARKS[state]} ${state}`,
    name,
    durationMs === undefined ? '' : duration(durationMs),
    resources?.cpuMs === undefined ? '' : duration(resources.cpuMs),
    resources?.peakMemoryBytes === undefined ? '' : byteSize(resources.peakMemoryBytes),
    why,
  ];
}

function table(columns: Parameters<typeof markdownTable>[0], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const more = rows.length - MOST_ROWS;
  return [markdownTable(columns, rows.slice(0, MOST_ROWS)), ...(more > 0 ? [`… and ${String(more)} more`] : [])];
}

function failureText({ name, failure }: NodeView): readonly string[] {
  if (failure === undefined) return [];
  const message = failure.message.slice(0, LONGEST).split('\n').map(markdownText).join('<br>');
  const hint = failure.hint === undefined ? '' : `<br>help: ${markdownText(failure.hint)}`;
  return [`**${markdownText(name)}** failed with ${markdownText(failure.code)}: ${message}${hint}`];
}

/** A run that has ended, as Markdown. */
export function jobSummary(view: RunView): string {
  const nodes = [...view.nodes.values()];
  const verdict = `${VERDICTS[view.outcome ?? 'failed']} ${duration(view.durationMs ?? 0)}`;
  const metrics = nodes.flatMap((node) =>
    Object.entries(node.metrics).map(([name, value]) => [node.name, name, metricText(value)]),
  );
  const warnings = view.warnings.map(({ node, message }) => `- ${markdownText(`${node}: ${message}`)}`);
  const parts = [
    `## ${markdownText(`${view.pipeline}, run ${String(view.run)}: ${verdict}`)}`,
    ...nodes.filter(({ state }) => state === 'failed').flatMap(failureText),
    ...table(
      [left('state'), left('node'), right('took'), right('CPU'), right('memory'), left('why')],
      nodes.map(nodeRow),
    ),
    ...table([left('node'), left('metric'), right('value')], metrics),
    ...(warnings.length === 0 ? [] : [warnings.join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * Appends a run to the summary of its job when it has ended.
 *
 * @param path - absolute; what stands there already stays
 * @param onProblem - told when it cannot be written
 */
export function jobSummaryFile(path: string, clock: Clock, onProblem: (message: string) => void): Reporter {
  const view = new RunView();
  return {
    report: (event) => {
      view.apply(event, clock.now());
      if (event.type !== 'run-ended') return;
      try {
        appendFileSync(path, jobSummary(view));
      } catch (error) {
        onProblem(`the summary of the job cannot be written to ${path}: ${errorMessage(error)}`);
      }
    },
    close: () => undefined,
  };
}
