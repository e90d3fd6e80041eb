/**
 * `pipeline diff`: what differs between two runs, as tables for people, in Markdown, or as JSON.
 */
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { plainLine } from '../../reporting/plain-text.js';
import { byteSize, duration, metricText, moment, shortDigest } from '../../reporting/quantities.js';
import { styleFor } from '../../reporting/style.js';
import { tableLines, type Column } from '../../reporting/table.js';
import { EXIT, type Command } from '../command.js';
import type { DiffArguments } from '../arguments.js';
import { answerJson, withStore } from '../open-store.js';
import { findRun } from '../../history/find-run.js';
import { runDifference, type RunDifference } from '../../history/run-difference.js';
import { runJson } from '../../history/run-json.js';

/** One table of a comparison. */
interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** Longest value that is shown whole. */
const LONGEST = 60;

function jsonText(json: string | undefined): string {
  if (json === undefined) return '–';
  const digest = /^"([0-9a-f]{64})"$/u.exec(json)?.[1];
  if (digest !== undefined) return shortDigest(digest);
  return json.length > LONGEST ? `${json.slice(0, LONGEST - 1)}…` : json;
}

function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text;
}

function changeText(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return '';
  return before === after ? '=' : signed(metricText(after - before), after - before);
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

function sections(difference: RunDifference): readonly Section[] {
  const { params, ingredients, metrics, artifacts, timings } = difference;
  const left = (...titles: readonly string[]): readonly Column[] => titles.map((title) => ({ title }));
  const right = (...titles: readonly string[]): readonly Column[] =>
    titles.map((title) => ({ title, align: 'right' as const }));
  const number = (value: number | undefined): string => (value === undefined ? '–' : metricText(value));
  const all: readonly Section[] = [
    {
      title: 'params',
      columns: left('param', 'before', 'after'),
      rows: params.map(({ name, before, after }) => [
        name,
        jsonText(JSON.stringify(before)),
        jsonText(JSON.stringify(after)),
      ]),
    },
    {
      title: 'ingredients of steps',
      columns: left('node', 'ingredient', 'before', 'after'),
      rows: ingredients.map(({ node, path, before, after }) => [node, path, jsonText(before), jsonText(after)]),
    },
    {
      title: 'metrics',
      columns: [...left('metric'), ...right('before', 'after', 'change')],
      rows: metrics.map(({ node, metric, before, after }) => [
        `${node}.${metric}`,
        number(before),
        number(after),
        changeText(before, after),
      ]),
    },
    {
      title: 'artifacts that differ',
      columns: [...left('output', 'before', 'after'), ...right('size')],
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
      columns: [...left('node'), ...right('before', 'after')],
      rows: timings.map(({ node, before, after }) => [node, timingText(before), timingText(after)]),
    },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function runTitle({ id, pipeline, state, startedAt }: RunRecord): string {
  return plainLine(`run ${String(id)} of ${pipeline}, ${state.toLowerCase()}, ${moment(startedAt)}`);
}

/** Text in a cell of a Markdown table: nothing in it may begin HTML, a link or another cell. */
function markdownText(text: string): string {
  return plainLine(text).replace(/[\\|<>&`*_[\]~]/gu, (character) => `&#${String(character.codePointAt(0))};`);
}

function markdown(title: string, tables: readonly Section[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;
  const table = ({ title: name, columns, rows }: Section): string =>
    [
      `### ${name}`,
      '',
      line(columns.map((column) => column.title)),
      `| ${columns.map(({ align }) => (align === 'right' ? '--:' : '---')).join(' | ')} |`,
      ...rows.map(line),
    ].join('\n');
  return `${[`## ${markdownText(title)}`, ...tables.map(table)].join('\n\n')}\n`;
}

export const command: Command<DiffArguments> = (args, environment) =>
  withStore(environment, ({ metadata }) => {
    const { stdout, json } = environment;
    const before = findRun(metadata, args.before);
    const after = findRun(metadata, args.after);
    const difference = runDifference(before, after, metadata);
    if (json) answerJson(environment, 'diff', { before: runJson(before), after: runJson(after), ...difference });
    else if (args.format === 'markdown') {
      stdout.write(markdown(`${runTitle(before)} → ${runTitle(after)}`, sections(difference)));
    } else {
      const style = styleFor(stdout.colors);
      const width = stdout.isTTY ? stdout.columns - 2 : Infinity;
      stdout.write(`before: ${runTitle(before)}\nafter:  ${runTitle(after)}\n`);
      for (const { title, columns, rows } of sections(difference)) {
        const lines = tableLines(columns, rows, width).map((line) => `  ${line}\n`);
        stdout.write(`\n${style.strong(title)}\n${lines.join('')}`);
      }
    }
    return EXIT.done;
  });
