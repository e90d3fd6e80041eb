/**
 * One trial of an import: it meets a fault, is called again without, and all that must hold then.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from '../rig/cli.js';
import { commandHere } from '../rig/command-here.js';
import { runPipeline, step, writePipeline } from '../rig/steps.js';
import type { Fault } from './trial.js';

function writeSteps(folder: string): void {
  writePipeline(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
}

/** Runs a pipeline in a new folder; returns the path of its archive. */
export async function exportedRun(folder: string): Promise<string> {
  mkdirSync(folder);
  writeSteps(folder);
  await runPipeline(folder);
  const { status, stderr } = await pipeline(folder, ['export', '1']);
  if (status !== 0) throw new Error(stderr);
  return join(folder, 'run-1.tar.gz');
}

/** How many changes an import makes that meets no fault. */
export async function importChanges(folder: string, archive: string): Promise<number> {
  mkdirSync(folder);
  const file = join(folder, 'changes');
  const { status, stderr } = await pipeline(folder, ['import', archive], { PIPELINE_FAULT: `EIO@0:${file}` });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(file, 'utf8').split('\n').length - 1;
}

/** Tries one fault in an empty folder; returns what did not hold. */
export async function tryImport(folder: string, archive: string, fault: Fault, at: number): Promise<readonly string[]> {
  const setting = `${fault}@${String(at)}${fault === 'ENOSPC' ? '+' : ''}:${join(folder, 'changes')}`;
  const problems: string[] = [];
  const disturbed = await pipeline(folder, ['import', archive], { PIPELINE_FAULT: setting });
  if (disturbed.stderr.includes('error[defect]')) problems.push(`told as a defect: ${disturbed.stderr}`);
  if (fault !== 'SIGKILL' && disturbed.status === 1 && !disturbed.stderr.includes('error[')) {
    problems.push(`no word of why: ${disturbed.stderr}`);
  }
  const again = await pipeline(folder, ['import', archive]);
  if (again.status !== 0) problems.push(`again: ${again.stdout}${again.stderr}`);
  const verified = await commandHere(folder, ['verify']);
  if (verified.status !== 0) problems.push(`verify: ${verified.stdout}${verified.stderr}`);
  writeSteps(folder);
  const ends = await runPipeline(folder);
  if (ends['first'] !== 'cached' || ends['second'] !== 'cached') problems.push(`not cached: ${JSON.stringify(ends)}`);
  return problems.map((problem) => `${fault} at ${String(at)}: ${problem}`);
}
