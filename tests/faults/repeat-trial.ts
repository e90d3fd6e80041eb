/**
 * Trials of runs that repeat another: a fault in one that is noted beside the metadata, in one that opens it, and in a
 * command that takes in what was noted. All in one folder, since what a run stands on has a place and times.
 */
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { events, pipeline, type CommandResult } from '../rig/cli.js';
import { step, writePipeline } from '../rig/steps.js';
import { faultsOf, notedRuns } from './stored.js';
import type { Fault } from './trial.js';

const RUN = ['run', 'p.yaml', '--json'];

/** How a trial went. */
export interface RepeatTrial {
  /** Changes that the command made, up to the fault. */
  readonly changes: readonly string[];
  /** What did not hold; empty: it survived. */
  readonly problems: readonly string[];
}

/** What meets the fault. */
export type Disturbed = 'noted' | 'opening' | 'taking in' | 'looking back';

/** One store, with all that was told of its runs. */
export class RepeatedRuns {
  readonly #folder: string;
  readonly #told = new Set<number>();

  constructor(folder: string) {
    this.#folder = folder;
    writePipeline(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
  }

  get #database(): string {
    return join(this.#folder, '.pipeline', 'metadata.db');
  }

  #noted(): number {
    return notedRuns(join(this.#folder, '.pipeline')) ?? 0;
  }

  /** Takes a run that was told. @returns what is wrong with its number */
  #take({ stdout }: CommandResult): readonly string[] {
    const lines = events(stdout.slice(0, stdout.lastIndexOf('\n') + 1));
    const ended = lines.find(({ type, outcome }) => type === 'run-ended' && outcome === 'complete');
    if (ended === undefined) return [];
    const run = Number(ended['run']);
    if (this.#told.has(run)) return [`run ${String(run)} was told twice`];
    this.#told.add(run);
    return [];
  }

  /** Runs until a run was noted. */
  async #settle(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (let run = 0; run < 6; run++) {
      const before = this.#noted();
      const result = await pipeline(this.#folder, RUN);
      if (result.status !== 0)
        problems.push(`a run ended with ${String(result.status)}: ${result.stdout}${result.stderr}`);
      problems.push(...this.#take(result));
      if (this.#noted() > before) return [...problems, ...this.#left('-repeats-')];
    }
    return [...problems, 'no run was noted'];
  }

  #left(end: string): readonly string[] {
    return readdirSync(join(this.#folder, '.pipeline'))
      .filter((name) => name.startsWith(`metadata.db${end}`))
      .map((name) => `${name} was left`);
  }

  async #check(): Promise<readonly string[]> {
    const { status, stdout, stderr } = await pipeline(this.#folder, ['runs', '--limit', '10000', '--json']);
    if (status !== 0) return [`runs: ${stdout}${stderr}`];
    const { runs } = events(stdout)[0] as { runs: readonly { run: number; state: string }[] };
    const complete = runs.filter(({ state }) => state === 'COMPLETE').map(({ run }) => run);
    const lost = [...this.#told].filter((run) => !complete.includes(run));
    return [
      ...(lost.length > 0 ? [`runs ${lost.join(', ')} were told and are lost`] : []),
      ...faultsOf(join(this.#folder, '.pipeline')),
      // A log that was not begun to its end goes when the next one is begun.
      ...this.#left('-repeats').filter((problem) => !problem.includes('-repeats-new ')),
    ];
  }

  /**
   * Tries one fault.
   *
   * @param at - which change meets it, counted from 1
   */
  async try(what: Disturbed, fault: Fault, at: number): Promise<RepeatTrial> {
    const problems = [...(await this.#settle())];
    if (what === 'opening') await pipeline(this.#folder, ['runs']);
    // The log stands on another state of the database then.
    if (what === 'taking in') utimesSync(this.#database, new Date(), new Date());
    const file = join(this.#folder, 'changes');
    rmSync(file, { force: true });
    const setting = `${fault}@${String(at)}${fault === 'ENOSPC' ? '+' : ''}:${file}`;
    const args = what === 'looking back' ? ['runs', '--json'] : RUN;
    const disturbed = await pipeline(this.#folder, args, { PIPELINE_FAULT: setting });
    problems.push(...this.#take(disturbed));
    if (/"code":"defect"|error\[defect\]/u.test(`${disturbed.stdout}${disturbed.stderr}`))
      problems.push(`a fault is told as a defect: ${disturbed.stdout}${disturbed.stderr}`);
    problems.push(...(await this.#check()));
    const changes = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    return { changes, problems: problems.map((problem) => `${what}, ${fault} at ${String(at)}: ${problem}`) };
  }
}
