/**
 * `pipeline diff`: what differs between two runs, as tables for people, in Markdown, as a page, or as JSON.
 */
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { runContents, type RunContents } from '../../history/artifact-contents.js';
import { contentDifference } from '../../history/content-difference.js';
import { differenceSections, isSameRun, type Section } from '../../history/difference-sections.js';
import { findRun } from '../../history/find-run.js';
import { runDifference } from '../../history/run-difference.js';
import { runJson } from '../../history/run-json.js';
import { markdownTable, markdownText } from '../../reporting/text/markdown.js';
import { differencePage } from '../../reporting/page/difference-page.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { moment } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import type { TextOutput } from '../../reporting/text/text-output.js';
import type { DiffArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { answerJson, withStore } from '../open-store.js';

function runTitle({ id, pipeline, state, startedAt }: RunRecord): string {
  return plainLine(`run ${String(id)} of ${pipeline}, ${state.toLowerCase()}, ${moment(startedAt)}`);
}

/** What is said of runs that came from the same to the same. */
const SAME = 'the same params, ingredients, metrics and artifacts';

function markdown(title: string, same: string | undefined, tables: readonly Section[]): string {
  const table = ({ title: name, columns, rows, note }: Section): readonly string[] => [
    `### ${name}`,
    ...(rows.length === 0 ? [] : [markdownTable(columns, rows)]),
    ...(note === undefined ? [] : [note]),
  ];
  const parts = [`## ${markdownText(title)}`, ...(same === undefined ? [] : [same]), ...tables.flatMap(table)];
  return `${parts.join('\n\n')}\n`;
}

function text(
  { before, after }: Record<'before' | 'after', string>,
  same: string | undefined,
  sections: readonly Section[],
  stdout: TextOutput,
): string {
  const style = styleFor(stdout.colors);
  const width = stdout.isTTY ? stdout.columns - 2 : Infinity;
  const tables = sections.map(({ title, columns, rows, note }) =>
    [
      style.strong(title),
      ...tableLines(columns, rows, width).map((line) => `  ${line}`),
      ...(note === undefined ? [] : [`  ${style.dim(note)}`]),
    ].join('\n'),
  );
  const heading = `before: ${before}\nafter:  ${after}`;
  return `${[heading, ...(same === undefined ? [] : [same]), ...tables].join('\n\n')}\n`;
}

export const command: Command<DiffArguments> = (args, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const { stdout, json } = environment;
    const artifacts = openLocalArtifactStore(root);
    const contentsOf = (run: RunRecord): Promise<RunContents> => runContents(metadata.executionsOf(run.id), artifacts);
    const before = findRun(metadata, args.before);
    const after = findRun(metadata, args.after);
    const contents = { before: await contentsOf(before), after: await contentsOf(after) };
    const difference = {
      ...runDifference(before, after, metadata),
      ...contentDifference(contents.before, contents.after),
    };
    if (json) {
      const runs = { before: runJson(before), after: runJson(after) };
      answerJson(environment, 'diff', { ...runs, same: isSameRun(difference), ...difference });
      return EXIT.done;
    }
    const sections = differenceSections(difference);
    const same = isSameRun(difference) ? SAME : undefined;
    const titles = { before: runTitle(before), after: runTitle(after) };
    switch (args.format) {
      case 'markdown':
        stdout.write(markdown(`${titles.before} → ${titles.after}`, same, sections));
        break;
      case 'html':
        stdout.write(differencePage({ titles, same, sections, ...contents }));
        break;
      case 'text':
        stdout.write(text(titles, same, sections, stdout));
        break;
    }
    return EXIT.done;
  });
