/**
 * `pipeline import`: takes in the archive of a run, so that its steps are cached here.
 */
import { resolve } from 'node:path';
import { importArchive } from '../../history/archive/import-archive.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { counted } from '../../reporting/text/quantities.js';
import type { ImportArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { answerJson } from '../open-store.js';
import { rootOption } from '../shown-path.js';

export const command: Command<ImportArguments> = async (args, environment) => {
  const { stdout, cwd, root, json } = environment;
  const files = args.files === undefined ? undefined : resolve(cwd, args.files);
  const archive = resolve(cwd, args.archive);
  const imported = await importArchive({ archive, root, maxBytes: args.maxSize.value, files });
  if (json) {
    answerJson(environment, 'import', imported);
    return EXIT.done;
  }
  const { run, exportedAs, artifacts, added, pipelineFiles } = imported;
  const news =
    added === 0
      ? `was here already, as run ${String(run)}`
      : `is run ${String(run)} here: ${counted(artifacts, 'artifact')}, ${counted(added, 'execution')}`;
  const code =
    args.files === undefined && pipelineFiles.length > 0
      ? [`its pipeline file and code stay in the archive: --files FOLDER unpacks them`]
      : [];
  const next = `next: pipeline show ${String(run)}${rootOption(environment)}`;
  stdout.write(
    `${[`run ${String(exportedAs)} of the archive ${news}`, ...code, '', next].map(plainLine).join('\n')}\n`,
  );
  return EXIT.done;
};
