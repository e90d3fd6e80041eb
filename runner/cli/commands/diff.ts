/**
 * `pipeline diff`: what differs between two runs, as tables for people, in Markdown, as a page, or as JSON.
 */
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { runContents, type RunContents } from '../../history/artifact-contents.js';
import { contentDifference } from '../../history/content-difference.js';
import { differenceSections, type Section } from '../../history/difference-sections.js';
import { findRun } from '../../history/find-run.js';
import { runDifference } from '../../history/run-difference.js';
import { runJson } from '../../history/run-json.js';
import { markdownTable, markdownText } from '../../reporting/text/markdown.js';
import { differencePage } from '../../reporting/page/difference-page.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { moment } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import type { DiffArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { answerJson, withStore } from '../open-store.js';

function runTitle({ id, pipeline, state, startedAt }: RunRecord): string {
  return plainLine(`run ${String(id)} of ${pipeline}, ${state.toLowerCase()}, ${moment(startedAt)}`);
}

function markdown(title: string, tables: readonly Section[]): string {
  const table = ({ title: name, columns, rows }: Section): string => `### ${name}\n\n${markdownTable(columns, rows)}`;
  return `${[`## ${markdownText(title)}`, ...tables.map(table)].join('\n\n')}\n`;
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
      answerJson(environment, 'diff', { before: runJson(before), after: runJson(after), ...difference });
      return EXIT.done;
    }
    const sections = differenceSections(difference);
    const titles = { before: runTitle(before), after: runTitle(after) };
    switch (args.format) {
      case 'markdown':
        stdout.write(markdown(`${titles.before} → ${titles.after}`, sections));
        break;
      case 'html':
        stdout.write(differencePage({ titles, sections, ...contents }));
        break;
      case 'text': {
        const style = styleFor(stdout.colors);
        const width = stdout.isTTY ? stdout.columns - 2 : Infinity;
        stdout.write(`before: ${titles.before}\nafter:  ${titles.after}\n`);
        for (const { title, columns, rows } of sections) {
          const lines = tableLines(columns, rows, width).map((line) => `  ${line}\n`);
          stdout.write(`\n${style.strong(title)}\n${lines.join('')}`);
        }
        break;
      }
    }
    return EXIT.done;
  });
