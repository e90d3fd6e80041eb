/**
 * What processes use, as Linux tells it in `/proc`. Elsewhere nothing is known.
 *
 * Source: Linux, proc(5): `/proc/PID/stat`, `/proc/PID/status`, `/proc/PID/clear_refs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { descendantsOf } from '../../artifacts/process-tree.js';

/** Milliseconds of one tick of `/proc/PID/stat`: USER_HZ is 100 on every architecture that Node supports. */
const TICK_MS = 10;

/** What one process uses. */
export interface ProcessUse {
  /** Of itself, and of those it started and that have ended. */
  readonly cpuMs: number;
  /** Resident now, and at most since the process began or the peak was reset. */
  readonly memoryBytes: number;
  readonly peakBytes: number;
}

/** The fields of `stat` after the name of the program, which stands in brackets and may hold anything. */
function statFields(pid: string): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function ticksMs(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + Number(field), 0) * TICK_MS;
}

/** Milliseconds on processors of all that this process started, that has ended, and whose end was taken note of. */
export function endedChildrenCpuMs(): number | undefined {
  try {
    return ticksMs(statFields('self').slice(13, 15));
  } catch {
    return undefined;
  }
}

/** Bytes that every program comes to hold: one that never had as many is still being loaded. */
const LOADED = 128 * 1024;

/** What a process holds by its `status`; nothing while its program is being loaded, which is not worth telling. */
export function memoryIn(status: string): Omit<ProcessUse, 'cpuMs'> {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1] ?? 0) * 1024;
  const peakBytes = bytes('VmHWM');
  if (bytes('VmExe') === 0 || peakBytes < LOADED) return { memoryBytes: 0, peakBytes: 0 };
  return { memoryBytes: bytes('VmRSS'), peakBytes };
}

/** What a process holds now; undefined when it is gone, or this is not Linux. */
export function processMemory(pid: number): Omit<ProcessUse, 'cpuMs'> | undefined {
  try {
    return memoryIn(readFileSync(`/proc/${String(pid)}/status`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** What a process uses now; undefined when it is gone, or this is not Linux. */
export function processUse(pid: number): ProcessUse | undefined {
  const memory = processMemory(pid);
  if (memory === undefined) return undefined;
  try {
    return { cpuMs: ticksMs(statFields(String(pid)).slice(11, 15)), ...memory };
  } catch {
    return undefined;
  }
}

/** A process and all that come from it and live. */
export function processTree(pid: number): readonly number[] {
  return [pid, ...descendantsOf(pid).map((process) => process.pid)];
}

/** Lets the peak of a process begin anew; false where that cannot be done. */
export function resetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${String(pid)}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}
