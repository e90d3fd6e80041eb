/**
 * The first thing that every command loads: a run that was made before is repeated, all else goes the whole way. The build
 * puts this and all that repeating needs into one file; the whole way is loaded from its own.
 */
import { endProcess, processEnvironment } from './process-environment.js';
import { repeatRun } from './repeat-run.js';

/** Runs the command that the arguments name, and ends the process. */
export async function start(argv: readonly string[]): Promise<never> {
  const environment = processEnvironment();
  const repeated = argv.includes('run') ? await repeatRun(argv, environment) : undefined;
  if (repeated !== undefined) return await endProcess(repeated);
  // Else V8 lets garbage grow to several times what lives before it looks for it: twice the memory, and no time saved.
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--heap-growing-percent=30');
  const { commandLine } = await import('./command-line.js');
  return await endProcess(await commandLine(argv, environment));
}
