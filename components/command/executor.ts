/**
 * Runs the program with the folders of its inputs and outputs.
 */
import { readdir } from 'node:fs/promises';
import { errorMessage, systemErrorCode } from '../../artifacts/system-error.js';
import { StepError, type Executor, type InputArtifact } from '../executor.js';
import { MemoryWatch } from '../memory-watch.js';
import { expandArguments } from './arguments.js';
import { programEndText, runProgram } from './program.js';
import type { spec } from './spec.js';

const RAISE_HEAP =
  "raise its limit, in megabytes, in the node's environment: env: { NODE_OPTIONS: '--max-old-space-size=8192' }";

/** Lines of output that an error repeats. */
const SHOWN_LINES = 10;

function foldersByPort(inputs: Readonly<Record<string, unknown>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, value]) => {
      const artifacts = (Array.isArray(value) ? value : [value]) as readonly InputArtifact[];
      return [port, artifacts.map(({ path }) => path)];
    }),
  );
}

export const execute: Executor<typeof spec> = async ({
  inputs,
  outputs,
  params,
  env,
  seed,
  baseDir,
  tempDir,
  signal,
  log,
  startedProcess,
}) => {
  const ports = outputs as Readonly<Record<string, { readonly path: string }>>;
  const [program, ...rest] = expandArguments(params.argv, {
    inputs: foldersByPort(inputs),
    outputs: Object.fromEntries(Object.entries(ports).map(([port, { path }]) => [port, path])),
  });
  if (program === undefined || program === '') throw new StepError('no-program', 'argv names no program');
  signal.throwIfAborted();

  const last: string[] = [];
  const watch = new MemoryWatch();
  const end = await runProgram({
    argv: [program, ...rest],
    cwd: baseDir,
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: tempDir,
      TMPDIR: tempDir,
      PIPELINE_SEED: String(seed),
      ...env,
    },
    // The folder for temporary files is the step's own; where the step has another, nothing tells its programs apart.
    mark: { variable: 'TMPDIR', value: tempDir },
    signal,
    started: startedProcess,
    line: (text) => {
      watch.hear(text);
      log.info(text);
      last.push(text);
      if (last.length > SHOWN_LINES) last.shift();
    },
  }).catch((error: unknown) => {
    const isMissing = systemErrorCode(error) === 'ENOENT';
    throw new StepError(
      'program-missing',
      isMissing ? `there is no program '${program}'` : `${program} cannot be started: ${errorMessage(error)}`,
      'check that it is installed and on the PATH',
    );
  });
  if (end.leftRunning !== undefined) {
    const names = end.leftRunning.map(({ pid, name }) => `${String(pid)} (${name})`).join(', ');
    log.warn(`${program} left processes running, which were ended: ${names === '' ? 'unknown ones' : names}`);
  }
  signal.throwIfAborted();
  if (end.status !== 0) {
    const starved = watch.failure(program, { code: end.status, signal: end.endedBy }, RAISE_HEAP);
    if (starved !== undefined) throw starved;
    const lines = [`${program} ${programEndText(end)}`, ...last.map((line) => `  ${line}`)];
    throw new StepError('program-failed', lines.join('\n'));
  }
  for (const [port, { path }] of Object.entries(ports)) {
    if ((await readdir(path).catch(() => [])).length === 0) {
      throw new StepError(
        'output-missing',
        `${program} wrote nothing into its output '${port}'`,
        `let it write into the folder \${outputs.${port}}`,
      );
    }
  }
};
