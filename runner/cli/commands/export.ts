/**
 * `pipeline export`: a run in one archive, with artifacts, records, pipeline file and user code.
 */
import { resolve } from 'node:path';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { exportRun } from '../../history/archive/export-run.js';
import { pipelineCode, type PipelineCode } from '../../history/archive/pipeline-code.js';
import { findRun } from '../../history/find-run.js';
import { readSourceFile } from '../../config/read-source-file.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { byteSize, counted, shortDigest } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import type { ExportArguments } from '../arguments.js';
import { EXIT, type Command, type Environment } from '../command.js';
import { loadGraph } from '../load.js';
import { answerJson, withStore } from '../open-store.js';
import { shownPath } from '../shown-path.js';

/** The code of a run as it is now, or why it cannot be had. */
async function codeOf(
  run: RunRecord,
  metadata: MetadataStore,
  environment: Environment,
): Promise<PipelineCode & { readonly missing?: string }> {
  const read = await readSourceFile(run.file, environment.cwd);
  if (!read.ok) return { files: [], changed: [], missing: `${run.file} is not there` };
  const set = Object.entries(run.params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  try {
    const graph = await loadGraph({ file: run.file, set, paramsFiles: [] }, environment);
    const documents = metadata.executionsOf(run.id).flatMap(({ execution: { node, fingerprint } }) => {
      const record = fingerprint === undefined ? undefined : metadata.fingerprint(fingerprint);
      return record === undefined ? [] : [[node, record.document] as const];
    });
    return await pipelineCode(graph, environment.cwd, new Map(documents));
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    const { absolute } = read.value;
    const files = [{ absolute, path: absolute.slice(absolute.lastIndexOf('/') + 1) }];
    return { files, changed: [], missing: `its user code cannot be found: ${why}` };
  }
}

export const command: Command<ExportArguments> = (args, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const { stdout, stderr, cwd, json } = environment;
    const run = findRun(metadata, args.run);
    const output = resolve(cwd, args.output ?? `run-${String(run.id)}.tar.gz`);
    const code = await codeOf(run, metadata, environment);
    const store = { root, metadata, artifacts: openLocalArtifactStore(root) };
    const { artifacts, bytes, gone } = await exportRun(run, store, code.files, output, args.force);
    const warnings = [
      ...(code.missing === undefined ? [] : [`the archive lacks code: ${code.missing}`]),
      ...code.changed.map((name) => `${name} has changed since run ${String(run.id)}: it goes in as it is now`),
      ...(gone.length === 0
        ? []
        : [
            `the files of ${counted(gone.length, 'artifact')} are gone: ${gone.slice(0, 5).map(shortDigest).join(', ')}`,
          ]),
    ];
    if (json) {
      const files = code.files.map(({ path }) => path);
      answerJson(environment, 'export', { run: run.id, output, artifacts, bytes, gone, files, warnings });
      return EXIT.done;
    }
    const style = styleFor(stderr.colors);
    for (const warning of warnings) stderr.write(`${style.warn('warning')}: ${plainLine(warning)}\n`);
    const what = `${counted(artifacts, 'artifact')} (${byteSize(bytes)}), ${counted(code.files.length, 'file')} of code`;
    stdout.write(`${plainLine(shownPath(output, cwd))}: run ${String(run.id)} with ${what}\n`);
    return EXIT.done;
  });
