/**
 * Runs a program to its end and measures it from outside: wall clock, processor time and the largest resident set among
 * the program and all that it waited for, as GNU time reports them.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program with its arguments, in a folder. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** Beside this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What one run took. */
export interface Measure {
  /** Seconds from start to end. */
  readonly seconds: number;
  /** Seconds of processor time, user and system, of the program and its children. */
  readonly cpuSeconds: number;
  /** Bytes. */
  readonly peakMemory: number;
}

/** Longest run in seconds: what takes longer has no figure. */
const LIMIT_SECONDS = 900;

/**
 * Runs a program once.
 *
 * @returns undefined when it takes longer than a quarter of an hour
 * @throws Error with the end of its output when it fails
 */
export async function measure({ argv, cwd, env }: Program): Promise<Measure | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'measure-'));
  const report = join(folder, 'time.txt');
  try {
    const started = performance.now();
    const limited = ['timeout', '--kill-after=5', String(LIMIT_SECONDS), ...argv];
    const child = spawn('/usr/bin/time', ['-f', '%U %S %M', '-o', report, ...limited], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    const keep = (chunk: Buffer): void => {
      output.push(chunk.toString());
      if (output.length > 100) output.shift();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const seconds = (performance.now() - started) / 1000;
    if (seconds >= LIMIT_SECONDS) return undefined;
    if (status !== 0) {
      throw new Error(`${argv.join(' ')} ended with status ${String(status)}:\n${output.join('').slice(-2000)}`);
    }
    const [user = NaN, system = NaN, kilobytes = NaN] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakMemory: kilobytes * 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program several times and keeps the fastest run, with the largest memory of all. */
export async function fastest(program: Program, times: number): Promise<Measure | undefined> {
  let best: Measure | undefined;
  for (let i = 0; i < times; i++) {
    const next = await measure(program);
    if (next === undefined) return undefined;
    const peakMemory = Math.max(next.peakMemory, best?.peakMemory ?? 0);
    best = { ...(best === undefined || next.seconds < best.seconds ? next : best), peakMemory };
  }
  return best;
}
