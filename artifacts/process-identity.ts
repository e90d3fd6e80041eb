/**
 * Tells a live process from one that has died, though its number be used again or the machine restarted: locks and
 * records of running work name their owner by it.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { canonicalJson } from './canonical-json.js';
import type { ProcessIdentity } from './metadata/records.js';
import { systemErrorCode } from './system-error.js';

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Fields of proc(5)'s stat from the third one on, the state; undefined where there is no /proc or no such process. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = readProc(`/proc/${String(pid)}/stat`);
  // The second field is the command in parentheses, which may hold anything: count from its end.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Start time of a process in clock ticks since boot, field 22; '' where there is no /proc. */
function startOf(pid: number): string {
  return statOf(pid)?.[19] ?? '';
}

/** Whether a process has ended and only waits for its parent to take note, which some parents never do. */
function isZombie(pid: number): boolean {
  return ['Z', 'X'].includes(statOf(pid)?.[0] ?? '');
}

function bootOf(): string {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** The identity of this very process. */
export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), boot: bootOf(), host: hostname() };
}

/** The identity of no process, which never lives: stands for one that cannot be read any more. */
export const NOBODY: ProcessIdentity = { pid: 0, started: '', boot: '', host: '' };

/**
 * Whether a process still lives. One of another host cannot be asked and counts as alive.
 */
export function isAlive(owner: ProcessIdentity): boolean {
  if (owner.pid <= 0) return false;
  if (owner.host !== hostname()) return true;
  if (owner.boot !== bootOf()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') return false;
  }
  return owner.started === startOf(owner.pid) && !isZombie(owner.pid);
}

/** Reads an identity back from JSON; undefined when it is torn or is none. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started, boot, host } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  // Other numbers name groups, or all processes.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof started !== 'string' || typeof boot !== 'string' || typeof host !== 'string') return undefined;
  return { pid, started, boot, host };
}

/** The identity of this process as the name of a file or a folder; see {@link processOfName}. */
export function nameOfProcess(): string {
  return Buffer.from(canonicalJson(currentProcess())).toString('base64url');
}

/** The process that a name was made of; undefined when it is torn or is none. */
export function processOfName(name: string): ProcessIdentity | undefined {
  return parseProcessIdentity(Buffer.from(name, 'base64url').toString());
}
