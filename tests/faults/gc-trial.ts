/**
 * One trial of a garbage collection: it is killed, taken back, and done again.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from '../rig/cli.js';
import { commandHere } from '../rig/command-here.js';
import { runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';

/** Makes a store with models `a`, blessed, `b` and `c`, of three runs. */
export async function makeThreeModels(folder: string): Promise<void> {
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'a', 0.9);
  await runModelPipeline(folder, 'b', 0.5);
  await runModelPipeline(folder, 'c', 0.6);
}

/** Digests of the artifacts that stand in a store. */
export function standing(folder: string): readonly string[] {
  const artifacts = join(folder, '.pipeline', 'artifacts');
  return readdirSync(artifacts).filter((name) => /^[0-9a-f]{64}$/u.test(name));
}

/** Which models stand, by the letter that their weights begin with. */
export function models(folder: string): string {
  const artifacts = join(folder, '.pipeline', 'artifacts');
  return standing(folder)
    .map((digest) => join(artifacts, digest, 'weights.txt'))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').slice(0, 1))
    .sort()
    .join('');
}

/** How a trial went. */
export interface GcTrial {
  /** Whether the collection had ended before it could be killed. */
  readonly ended: boolean;
  /** What did not hold; empty: nothing was lost. */
  readonly problems: readonly string[];
}

/**
 * Kills a collection in a store with {@link makeThreeModels}.
 *
 * @param at - the change that it is killed before, counted from 1
 */
export async function tryKilledGc(folder: string, at: number): Promise<GcTrial> {
  const kill = async (k: number, ...args: readonly string[]): Promise<number | null> =>
    (await pipeline(folder, args, { PIPELINE_FAULT: `SIGKILL@${String(k)}:${join(folder, 'changes')}` })).status;
  const problems: string[] = [];
  const expectModels = (expected: string, when: string): void => {
    const actual = models(folder);
    if (actual !== expected) problems.push(`${when} models ${actual} stand, not ${expected}`);
  };
  const ended = (await kill(at, 'gc', '--keep-last', '1')) === 0;
  // Even when the undoing is killed too.
  await kill(at % 7, 'gc', '--undo');
  await pipeline(folder, ['gc', '--undo']);
  expectModels('abc', 'taken back,');
  const verified = await commandHere(folder, ['verify']);
  if (verified.status !== 0) problems.push(`verify: ${verified.stdout}${verified.stderr}`);
  await pipeline(folder, ['gc', '--keep-last', '1']);
  expectModels('ac', 'done again,');
  return { ended, problems: problems.map((problem) => `killed at ${String(at)}: ${problem}`) };
}
