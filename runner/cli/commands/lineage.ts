/**
 * `pipeline lineage`: what an artifact was made from, and what was made from it. The artifact is named, or found by a file
 * or folder that came from it.
 */
import { resolve } from 'node:path';
import { walkLineage, type Lineage } from '../../../artifacts/lineage.js';
import { dot, mermaid } from '../../reporting/drawing/languages.js';
import { lineageDrawing } from '../../reporting/drawing/lineage-drawing.js';
import { lineageText } from '../../reporting/lineage-text.js';
import { styleFor } from '../../reporting/text/style.js';
import { counted, shortDigest } from '../../reporting/text/quantities.js';
import { findArtifact } from '../../history/find-artifact.js';
import { findByFiles, isThere, type FoundByFiles } from '../../history/find-by-files.js';
import { openLineageEvents } from '../../history/openlineage.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { LineageArguments } from '../arguments.js';
import { answerJson, withStore, type OpenStore } from '../open-store.js';
import { artifactJson } from '../../history/run-json.js';
import { packageVersion } from '../version.js';

function lineageJson(
  { root, artifacts, executions, edges, truncated }: Lineage,
  { files, matching, others }: Partial<FoundByFiles>,
): object {
  return {
    root,
    artifacts: [...artifacts.values()].map(artifactJson),
    executions: [...executions.values()].map(({ id, runId, pipeline, node, component, state, metrics, startedAt }) => ({
      execution: id,
      run: runId,
      pipeline,
      node,
      component,
      state,
      metrics,
      startedAt,
    })),
    edges: edges.map(({ direction, artifactId, executionId, port, index }) => ({
      direction,
      artifact: artifactId,
      execution: executionId,
      port,
      index,
    })),
    truncated,
    ...(files === undefined ? {} : { found: { files, matching, others } }),
  };
}

/** What a name or a path means. */
async function find(
  { artifact: text, run }: LineageArguments,
  { root, metadata }: OpenStore,
  { cwd }: Environment,
): Promise<Pick<FoundByFiles, 'artifact'> & Partial<FoundByFiles>> {
  const path = resolve(cwd, text);
  if (/[/\\]|^\./u.test(text) && (await isThere(path))) return await findByFiles(path, root, metadata);
  try {
    return { artifact: findArtifact(text, run, metadata) };
  } catch (error) {
    if (error instanceof RequestError && (await isThere(path))) return await findByFiles(path, root, metadata);
    throw error;
  }
}

/** How sure it is that the files came from the artifact; nothing where it is wholly. */
function certainty({ files = 0, matching = 0, others = [] }: Partial<FoundByFiles>): string {
  if (files === 0 || (files === matching && others.length === 0)) return '';
  const share =
    matching === 0
      ? 'it says that it was pushed from this model, but none of its files is of it'
      : `${String(matching)} of ${counted(files, 'file')} ${matching === 1 ? 'is' : 'are'} of this artifact`;
  const more = others.length === 0 ? '' : `; as many of ${others.slice(0, 5).map(shortDigest).join(', ')}`;
  return `${share}${more}\n`;
}

export const command: Command<LineageArguments> = (args, environment) =>
  withStore(environment, async (store) => {
    const { stdout, stderr } = environment;
    const { direction, limit } = args;
    const { metadata } = store;
    const found = await find(args, store, environment);
    const lineage = walkLineage(metadata, found.artifact, { direction, limit });
    const format = environment.json ? 'json' : args.format;
    if (format !== 'json') stderr.write(styleFor(stderr.colors).dim(certainty(found)));
    switch (format) {
      case 'json':
        answerJson(environment, 'lineage', lineageJson(lineage, found));
        break;
      case 'openlineage': {
        const version = packageVersion();
        const program = { uri: `https://www.npmjs.com/package/tfjs-pipelines/v/${version}`, version };
        for (const event of openLineageEvents(lineage, metadata, program)) stdout.write(`${JSON.stringify(event)}\n`);
        break;
      }
      case 'mermaid':
        stdout.write(mermaid(lineageDrawing(lineage)));
        break;
      case 'dot':
        stdout.write(dot(lineageDrawing(lineage)));
        break;
      case 'text':
        stdout.write(lineageText(lineage, styleFor(stdout.colors), stdout.isTTY ? stdout.columns : Infinity));
        break;
    }
    return EXIT.done;
  });
