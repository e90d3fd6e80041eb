/**
 * Processes that tests wait for: what they say, and that they have ended.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a process has said something on stdout. @throws Error when it ends without */
export async function untilSays(child: ChildProcess, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
    });
    child.once('exit', () => {
      reject(new Error(`ended without saying '${text}': ${said}`));
    });
  });
}

/** Waits until a process has ended, and what it wrote was read. */
export async function untilEnded(
  child: ChildProcess,
): Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }> {
  return await new Promise((resolve) => {
    child.once('close', (status, signal) => {
      resolve({ status, signal });
    });
  });
}

/** Whether a process runs; one that has ended but was not yet taken note of does not. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

/** Waits until something is so. The test's timeout is the only limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(5);
}

/** Waits until a process, whose number a file holds, has ended. */
export async function untilGone(pidFile: string): Promise<void> {
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await until(() => !runs(pid));
}
