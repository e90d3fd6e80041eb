/**
 * `pipeline validate`: all that is wrong with a pipeline file, or with a fragment, without executing anything.
 */
import { dirname } from 'node:path';
import { componentFinder } from '../../../components/registry.js';
import { readSourceFile, type ReadFile } from '../../config/read-source-file.js';
import { checkFragment, isFragment, isPipeline } from '../../language/diagnose.js';
import { readOutline } from '../../language/outline.js';
import { Workspace } from '../../language/workspace.js';
import { counted } from '../../reporting/text/quantities.js';
import { RequestError } from '../../source/request-error.js';
import type { PipelineArguments } from '../arguments.js';
import { EXIT, InvalidPipeline, type Command, type Environment, type ExitStatus } from '../command.js';
import { loadGraph } from '../load.js';
import { shownPath } from '../shown-path.js';

/** What is said of a valid file. */
interface Valid {
  readonly type: 'valid-pipeline' | 'valid-fragment';
  readonly pipeline?: string;
  readonly file: string;
  readonly includedBy?: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly component: string | undefined }[];
}

function answer({ stdout, json }: Environment, valid: Valid, what: string, more = ''): ExitStatus {
  const text = `${what} is valid, ${counted(valid.nodes.length, 'node')}${more}`;
  stdout.write(`${json ? JSON.stringify(valid) : `${valid.file}: ${text}`}\n`);
  return EXIT.done;
}

async function validateFragment({ file, absolute }: ReadFile, environment: Environment): Promise<ExitStatus> {
  const { cwd, env } = environment;
  const workspace = new Workspace();
  const pipelines = await workspace.pipelinesWith(absolute);
  const baseDir = dirname(pipelines[0] ?? absolute);
  const options = { text: file.text, baseDir, env, find: componentFinder(baseDir), read: workspace.read };
  const diagnostics = await checkFragment({ ...options, name: absolute }, pipelines, (path) => shownPath(path, cwd));
  if (diagnostics.length > 0) throw new InvalidPipeline(diagnostics);
  const outline = await readOutline({ ...options, file, path: absolute });
  const nodes = [...outline.nodes.values()].map(({ name, spec }) => ({ name, component: spec?.name }));
  const includedBy = pipelines.map((path) => shownPath(path, cwd));
  const within = includedBy.length === 0 ? 'no pipeline includes it yet' : `included by ${includedBy.join(', ')}`;
  const valid = { type: 'valid-fragment', file: file.path, includedBy, nodes } as const;
  return answer(environment, valid, 'fragment', `; ${within}`);
}

export const command: Command<PipelineArguments> = async (args, environment) => {
  const read = await readSourceFile(args.file, environment.cwd);
  if (read.ok && isPipeline(read.value.file.text) && isFragment(read.value.file.text)) {
    if (args.set.length > 0 || args.paramsFiles.length > 0) {
      throw new RequestError(
        'not-a-pipeline',
        `${args.file} is a fragment, which gets its params from what includes it`,
        'leave --set and --params-file out, or validate a pipeline that includes it',
      );
    }
    return await validateFragment(read.value, environment);
  }
  const { name, file, nodes: all } = await loadGraph(args, environment);
  const nodes = all.map((node) => ({ name: node.name, component: node.spec.name }));
  return answer(environment, { type: 'valid-pipeline', pipeline: name, file, nodes }, `pipeline ${name}`);
};
