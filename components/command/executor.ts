/**
 * Runs the program in a process group of its own, so that all that it starts can be ended with it.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { StepError, type Executor, type InputArtifact } from '../executor.js';
import { expandArguments } from './arguments.js';
import type { spec } from './spec.js';

/** Milliseconds that a program has to end by itself once it was asked to. */
const GRACE_MS = 5000;

/** Lines of output that an error repeats. */
const SHOWN_LINES = 10;

/** Longest line that is kept, in characters. */
const LINE_LENGTH = 2000;

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Ends a process group; one that is gone already is left alone. */
function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing is left of it.
  }
}

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
}) => {
  const ports = outputs as Readonly<Record<string, { readonly path: string }>>;
  const [program, ...rest] = expandArguments(params.argv, {
    inputs: foldersByPort(inputs),
    outputs: Object.fromEntries(Object.entries(ports).map(([port, { path }]) => [port, path])),
  });
  if (program === undefined || program === '') throw new StepError('no-program', 'argv names no program');
  signal.throwIfAborted();

  const last: string[] = [];
  const follow = (stream: Readable): void => {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      const shown = line.slice(0, LINE_LENGTH);
      log.info(shown);
      last.push(shown);
      if (last.length > SHOWN_LINES) last.shift();
    });
  };

  const { code, signal: endedBy } = await new Promise<Outcome>((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd: baseDir,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        LANG: 'C.UTF-8',
        HOME: tempDir,
        TMPDIR: tempDir,
        PIPELINE_SEED: String(seed),
        ...env,
      },
    });
    follow(child.stdout);
    follow(child.stderr);
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (child.pid === undefined) return;
      const { pid } = child;
      endGroup(pid, 'SIGTERM');
      killer = setTimeout(() => {
        endGroup(pid, 'SIGKILL');
      }, GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(
        new StepError(
          'program-missing',
          `${program} cannot be started: ${error.message}`,
          'check that it is installed and on the PATH',
        ),
      );
    });
    child.on('exit', () => {
      // What it left running would hold its output open, and outlive the step.
      if (child.pid !== undefined) endGroup(child.pid, 'SIGKILL');
    });
    child.on('close', (exitCode, exitSignal) => {
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      resolve({ code: exitCode, signal: exitSignal });
    });
  });
  signal.throwIfAborted();
  if (code !== 0) {
    const how = endedBy === null ? `ended with status ${String(code)}` : `was ended by ${endedBy}`;
    throw new StepError('program-failed', [`${program} ${how}`, ...last.map((line) => `  ${line}`)].join('\n'));
  }
  for (const [port, { path }] of Object.entries(ports)) {
    if ((await readdir(path)).length === 0) {
      throw new StepError(
        'output-missing',
        `${program} wrote nothing into its output '${port}'`,
        `let it write into the folder \${outputs.${port}}`,
      );
    }
  }
};
