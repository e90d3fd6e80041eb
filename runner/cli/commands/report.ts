/**
 * `pipeline report`: one page on a run, in a file.
 */
import { dirname, resolve } from 'node:path';
import { realDisk } from '../../../artifacts/disk.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
import { withUnfinished } from '../../../artifacts/unfinished.js';
import { findRun } from '../../history/find-run.js';
import { runPageContent } from '../../history/run-page-content.js';
import { runPage } from '../../reporting/page/run-page.js';
import type { ReportArguments } from '../arguments.js';
import { EXIT, type Command, type Environment } from '../command.js';
import { answerJson, withStore, type OpenStore } from '../open-store.js';
import { shownPath } from '../shown-path.js';

/** Writes a page so that there is either the old file or the new one. @throws StoreError when it cannot be written */
export async function writePage(path: string, page: string): Promise<void> {
  try {
    await withUnfinished(dirname(path), (temporary) => realDisk.writeFile(path, page, temporary));
  } catch (error) {
    throw StoreError.from(error, `writing ${path}`);
  }
}

/** Writes the page on a run; returns its absolute path. */
export async function writeReport(
  { run, output }: ReportArguments,
  { root, metadata }: OpenStore,
  environment: Environment,
): Promise<{ readonly run: number; readonly path: string }> {
  const record = findRun(metadata, run);
  const path = resolve(environment.cwd, output ?? `run-${String(record.id)}.html`);
  const store = { root, metadata, artifacts: openLocalArtifactStore(root) };
  await writePage(path, runPage(await runPageContent(record, store, environment.now())));
  return { run: record.id, path };
}

export const command: Command<ReportArguments> = (args, environment) =>
  withStore(environment, async (store) => {
    const written = await writeReport(args, store, environment);
    if (environment.json) answerJson(environment, 'report', written);
    else environment.stdout.write(`${shownPath(written.path, environment.cwd)}: run ${String(written.run)}\n`);
    return EXIT.done;
  });
