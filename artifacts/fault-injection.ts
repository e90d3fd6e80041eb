/**
 * Faults on purpose, for tests of recovery. Whatever is about to change the disk or the database says so here first; here
 * it may be made to fail, or the process to end. This is the only reader of PIPELINE_FAULT; without it nothing happens.
 *
 *     PIPELINE_FAULT=<fault>@<k>:<file>     the k-th change, counted from 1, meets the fault
 *     PIPELINE_FAULT=<fault>@<k>+:<file>    so do all after it, as on a disk that stays full
 *
 * A fault is EIO, ENOSPC or EACCES, which the change fails with, or SIGKILL, which ends the process before it. Where a
 * change can be half done, ENOSPC and SIGKILL leave it so. Each change is appended to `<file>`, a line each; all processes
 * of one run count in it, so the order is that of one process only where steps do not run side by side. `@0` only lists.
 */
import { appendFileSync, readFileSync } from 'node:fs';

/** What may be done to the disk, and, the last three, to the database. */
export type Change =
  | 'mkdir'
  | 'open'
  | 'write'
  | 'sync'
  | 'rename'
  | 'link'
  | 'chmod'
  | 'unlink'
  | 'rmdir'
  | 'begin'
  | 'commit'
  | 'statement';

/** Says that a change is about to be made; `half` leaves it half done. @throws the system's error, when it is to fail */
export type Announce = (change: Change, path: string, half?: () => void) => void;

const ERRNO = { EIO: -5, EACCES: -13, ENOSPC: -28 } as const;

/** What SQLite makes of the system's errors. */
const SQLITE_CODES = { EIO: 'SQLITE_IOERR_WRITE', EACCES: 'SQLITE_READONLY', ENOSPC: 'SQLITE_FULL' } as const;

const DATABASE_CHANGES: readonly Change[] = ['begin', 'commit', 'statement'];

/** What works on a full disk. */
const FREE_OF_SPACE: readonly Change[] = ['rename', 'chmod', 'unlink', 'rmdir'];

const FORM = /^(?<fault>EIO|ENOSPC|EACCES|SIGKILL)@(?<first>\d+)(?<lasting>\+?):(?<file>.+)$/u;

function killThisProcess(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may reach another thread first: this one does nothing more.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function injectedError(fault: keyof typeof ERRNO, change: Change, path: string): Error {
  const database = DATABASE_CHANGES.includes(change);
  return Object.assign(new Error(`${fault}: injected fault, ${change} '${path}'`), {
    code: database ? SQLITE_CODES[fault] : fault,
    errno: ERRNO[fault],
    syscall: change,
    path,
  });
}

function injector(setting: string): Announce {
  const { fault, first, lasting, file } = FORM.exec(setting)?.groups ?? {};
  if (file === undefined) throw new Error(`PIPELINE_FAULT is '${setting}' instead of <fault>@<k>:<file>`);
  const meets = (count: number): boolean => count === Number(first) || (lasting === '+' && count > Number(first));
  return (change, path, half) => {
    appendFileSync(file, `${change} ${path.replaceAll('\n', '?')}\n`);
    if (Number(first) === 0 || !meets(readFileSync(file, 'utf8').split('\n').length - 1)) return;
    if (fault === 'SIGKILL') {
      half?.();
      killThisProcess();
    }
    if (fault === 'ENOSPC' && FREE_OF_SPACE.includes(change)) return;
    if (fault === 'ENOSPC') half?.();
    throw injectedError(fault as keyof typeof ERRNO, change, path);
  };
}

const setting = process.env['PIPELINE_FAULT'];

/** See above. */
export const announce: Announce = setting === undefined ? () => undefined : injector(setting);
