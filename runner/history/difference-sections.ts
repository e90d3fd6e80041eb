/**
 * A comparison of two runs as tables, however they are drawn.
 */
import { byteSize, duration, metricText, shortDigest } from '../reporting/text/quantities.js';
import type { Column } from '../reporting/text/table.js';
import { valueText } from '../reporting/text/value-text.js';
import type { ContentDifference } from './content-difference.js';
import type { RunDifference } from './run-difference.js';

/** One table of a comparison. */
export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** What stands below it. */
  readonly note?: string | undefined;
}

function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text;
}

function changeText(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return '';
  return signed(metricText(after - before), after - before);
}

function artifactText(artifact: RunDifference['artifacts'][number]['after']): string {
  return artifact === undefined ? '–' : `${shortDigest(artifact.digest)}, ${byteSize(artifact.bytes)}`;
}

function timingText(timing: RunDifference['timings'][number]['after']): string {
  if (timing === undefined) return '–';
  return timing.ms === undefined
    ? timing.state.toLowerCase()
    : `${duration(timing.ms)}${timing.state === 'COMPLETE' ? '' : ` ${timing.state.toLowerCase()}`}`;
}

/** Confusions that are listed. */
const LISTED_CONFUSIONS = 12;

/** Declarations of user code that are listed. */
const LISTED_PARTS = 40;

/** Declarations of user code that differ, each once a node. */
function codeRows(ingredients: RunDifference['ingredients']): readonly (readonly string[])[] {
  const rows = new Map<string, readonly string[]>();
  for (const { node, parts } of ingredients) {
    for (const { part, change } of parts) rows.set(`${node} ${part}`, [node, part, change]);
  }
  return [...rows.values()];
}

/** The first rows, and how many more there are. */
function listed(rows: Section['rows'], most: number): Pick<Section, 'rows' | 'note'> {
  const more = rows.length - most;
  return { rows: rows.slice(0, most), note: more > 0 ? `and ${String(more)} more` : undefined };
}

function isEqual({ before, after }: { readonly before: unknown; readonly after: unknown }): boolean {
  return before === after;
}

/** Whether a node ended in the same way, however long it took. */
function endedAlike({ before, after }: RunDifference['timings'][number]): boolean {
  const [old, now] = [before, after].map((each) => (each?.state === 'CACHED' ? 'COMPLETE' : each?.state));
  return old === now;
}

/** Whether two runs came from the same to the same; what they executed, and how long it took, does not count. */
export function isSameRun(difference: RunDifference & ContentDifference): boolean {
  const { params, ingredients, metrics, artifacts, timings, data, confusions } = difference;
  return (
    [params, ingredients, artifacts, data, confusions].every((each) => each.length === 0) &&
    metrics.every(isEqual) &&
    timings.every(endedAlike)
  );
}

/** The tables of a comparison that have anything to tell. */
export function differenceSections(difference: RunDifference & ContentDifference): readonly Section[] {
  const { params, ingredients, metrics, artifacts, timings, data, confusions } = difference;
  const names = (...titles: readonly string[]): readonly Column[] => titles.map((title) => ({ title, isName: true }));
  const left = (...titles: readonly string[]): readonly Column[] => titles.map((title) => ({ title }));
  const right = (...titles: readonly string[]): readonly Column[] =>
    titles.map((title) => ({ title, align: 'right' as const }));
  const unequal = metrics.filter((sides) => !isEqual(sides));
  const unchanged = isSameRun(difference) ? 0 : metrics.length - unequal.length;
  const number = (value: number | undefined): string => (value === undefined ? '–' : metricText(value));
  const all: readonly Section[] = [
    {
      title: 'params',
      columns: [...names('param'), ...left('before', 'after')],
      rows: params.map(({ name, before, after }) => [
        name,
        valueText(JSON.stringify(before), '–'),
        valueText(JSON.stringify(after), '–'),
      ]),
    },
    {
      title: 'ingredients of steps',
      columns: [...names('node', 'ingredient'), ...left('before', 'after')],
      rows: ingredients.map(({ node, path, before, after }) => [
        node,
        path,
        valueText(before, '–'),
        valueText(after, '–'),
      ]),
    },
    {
      title: 'user code',
      columns: [...names('node', 'declaration'), ...left('change')],
      ...listed(codeRows(ingredients), LISTED_PARTS),
    },
    {
      title: 'metrics',
      columns: [...names('metric'), ...right('before', 'after', 'change')],
      rows: unequal.map(({ node, metric, before, after }) => [
        `${node}.${metric}`,
        number(before),
        number(after),
        changeText(before, after),
      ]),
      note: unchanged > 0 ? `${String(unchanged)} unchanged` : undefined,
    },
    {
      title: 'confusions',
      columns: [...left('evaluation'), ...names('is', 'taken for'), ...right('before', 'after', 'change')],
      ...listed(
        confusions.map(({ output, label, predicted, before, after }) => [
          output,
          label,
          predicted,
          number(before),
          number(after),
          changeText(before, after),
        ]),
        LISTED_CONFUSIONS,
      ),
    },
    {
      title: 'data',
      columns: [...names('output', 'what'), ...left('before', 'after')],
      rows: data.map(({ output, fact, before, after }) => [output, fact, before ?? '–', after ?? '–']),
    },
    {
      title: 'artifacts that differ',
      columns: [...names('output'), ...left('before', 'after'), ...right('size')],
      rows: artifacts.map(({ output, before, after }) => {
        const more = (after?.bytes ?? 0) - (before?.bytes ?? 0);
        const size =
          before === undefined || after === undefined
            ? ''
            : more === 0
              ? '='
              : `${more > 0 ? '+' : '-'}${byteSize(Math.abs(more))}`;
        return [output, artifactText(before), artifactText(after), size];
      }),
    },
    {
      title: 'timings',
      columns: [...names('node'), ...right('before', 'after')],
      rows: timings.map(({ node, before, after }) => [node, timingText(before), timingText(after)]),
    },
  ];
  return all.filter(({ rows, note }) => rows.length > 0 || note !== undefined);
}
