/**
 * One trial of recovery: a run that meets a fault, the same command again without help, and all that must hold then.
 */
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { events, pipeline, type CommandResult } from '../rig/cli.js';
import { commandHere } from '../rig/command-here.js';
import { COUNTED, executions, writeSmallPipeline } from './small-pipeline.js';
import { faultsOf, filesBelow } from './stored.js';

/** What a change may meet. A full disk stays full; the others pass. */
export const FAULTS = ['EIO', 'EACCES', 'ENOSPC', 'SIGKILL'] as const;
export type Fault = (typeof FAULTS)[number];

/** What an undisturbed run leaves. */
export interface Reference {
  /** Its changes of disk and database, in order: `rename`, `commit`, … */
  readonly changes: readonly string[];
  readonly artifacts: Readonly<Record<string, string>>;
}

/** How a trial went. */
export interface Trial {
  /** The change that met the fault; undefined: the run ended before it. */
  readonly change: string | undefined;
  /** What did not hold; empty: it survived. */
  readonly problems: readonly string[];
}

const RUN = ['run', 'p.yaml', '--jobs', '1', '--json'];

function changesIn(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(0, line.indexOf(' ')))
    : [];
}

/** Runs the pipeline undisturbed in an empty folder. */
export async function undisturbed(folder: string): Promise<Reference> {
  writeSmallPipeline(folder);
  const file = join(folder, 'changes');
  const { status, stdout, stderr } = await pipeline(folder, RUN, { PIPELINE_FAULT: `EIO@0:${file}` });
  const faults = status === 0 ? faultsOf(join(folder, '.pipeline')) : [stdout, stderr];
  if (faults.length > 0) throw new Error(`the undisturbed run fails:\n${faults.join('\n')}`);
  return { changes: changesIn(file), artifacts: filesBelow(join(folder, '.pipeline', 'artifacts')) };
}

/** Lines of `--json`; a process that was killed may leave the last one torn. */
function told(stdout: string): ReturnType<typeof events> {
  return events(stdout.slice(0, stdout.lastIndexOf('\n') + 1));
}

function disturbedProblems(fault: Fault, { status, stdout, stderr }: CommandResult): readonly string[] {
  if (fault === 'SIGKILL') return [];
  const problems: string[] = [];
  if (status !== 0 && status !== 1) problems.push(`the disturbed run ended with ${String(status)}: ${stdout}${stderr}`);
  const text = `${stdout}${stderr}`;
  if (/"code":"defect"|error\[defect\]/u.test(text)) problems.push(`a fault is told as a defect: ${text}`);
  if (status === 1 && !/"type":"error"|"type":"step-failed"|error\[/u.test(text)) {
    problems.push(`the disturbed run does not say why it failed: ${text}`);
  }
  return problems;
}

/**
 * Tries one fault in an empty folder.
 *
 * @param at - which change meets it, counted from 1
 */
export async function tryFault(folder: string, fault: Fault, at: number, reference: Reference): Promise<Trial> {
  writeSmallPipeline(folder);
  const root = join(folder, '.pipeline');
  const file = join(folder, 'changes');
  const setting = `${fault}@${String(at)}${fault === 'ENOSPC' ? '+' : ''}:${file}`;
  const disturbed = await pipeline(folder, RUN, { PIPELINE_FAULT: setting });
  const change = changesIn(file)[at - 1];
  const problems = [...disturbedProblems(fault, disturbed)];
  const finished = told(disturbed.stdout)
    .filter(({ type }) => type === 'step-completed')
    .map(({ node }) => String(node));
  const counts = new Map(COUNTED.map((node) => [node, executions(folder, node)]));

  const again = await pipeline(folder, RUN);
  if (again.status !== 0)
    problems.push(`the run after it ended with ${String(again.status)}: ${again.stdout}${again.stderr}`);
  const redone = told(again.stdout)
    .filter(({ type, node }) => type === 'step-started' && finished.includes(String(node)))
    .map(({ node }) => String(node));
  for (const node of finished) {
    if (counts.has(node) && executions(folder, node) !== counts.get(node)) redone.push(node);
  }
  if (redone.length > 0) problems.push(`finished steps were done twice: ${redone.join(', ')}`);
  const verified = await commandHere(folder, ['verify']);
  if (verified.status !== 0) problems.push(`verify: ${verified.stdout}${verified.stderr}`);
  if (again.status === 0) {
    if (!isDeepStrictEqual(filesBelow(join(root, 'artifacts')), reference.artifacts)) {
      problems.push('artifacts are not those of an undisturbed run');
    }
    problems.push(...faultsOf(root));
  }
  return { change, problems };
}
