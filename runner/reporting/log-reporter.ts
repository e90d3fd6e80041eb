/**
 * Keeps the log of every step in a file of its own, below the root.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunEvent } from '../execution/run-event.js';
import { stepLogPath } from '../execution/step-log.js';
import type { Clock, Reporter } from './reporter.js';

/** Characters that a log may have; what comes after is counted only. */
const MOST_CHARACTERS = 20_000_000;

/** Characters that are gathered before they are written. */
const GATHERED = 16_384;

interface Log {
  readonly path: string;
  pending: string;
  length: number;
  dropped: number;
}

function lineOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step-started':
      return `started (attempt ${String(event.attempt)}): ${event.reason}`;
    case 'step-log':
      return event.level === 'warn' ? `warning: ${event.message}` : event.message;
    case 'step-retry':
      return `failed: ${event.failure.message}; tried again in ${String(event.delayMs)} ms`;
    case 'step-failed':
      return [`failed: ${event.failure.code}: ${event.failure.message}`, event.failure.stack ?? '']
        .join('\n')
        .trimEnd();
    case 'step-completed':
      return 'completed';
    case 'step-canceled':
      return 'stopped';
    default:
      return undefined;
  }
}

/** Writes logs below `root`; a disk that takes none does not stop the run. */
export function logReporter(root: string, clock: Clock): Reporter {
  const logs = new Map<string, Log>();
  let run = 0;
  const flush = (log: Log): void => {
    if (log.pending === '') return;
    try {
      mkdirSync(dirname(log.path), { recursive: true });
      appendFileSync(log.path, log.pending);
    } catch {
      // The log is for people; what happened is in the metadata too.
    }
    log.pending = '';
  };
  return {
    report: (event) => {
      if (event.type === 'run-started') run = event.run;
      const line = lineOf(event);
      if (line === undefined || !('node' in event)) return;
      const path = join(root, stepLogPath(run, event.node));
      const log = logs.get(event.node) ?? { path, pending: '', length: 0, dropped: 0 };
      logs.set(event.node, log);
      const text = `${new Date(clock.now()).toISOString()} ${line}\n`;
      if (log.length + text.length > MOST_CHARACTERS) log.dropped++;
      else {
        log.pending += text;
        log.length += text.length;
      }
      const ends = event.type !== 'step-log' && event.type !== 'step-started';
      if (ends && log.dropped > 0) {
        log.pending += `… ${String(log.dropped)} lines were dropped: the log is too long\n`;
        log.dropped = 0;
      }
      if (ends || log.pending.length > GATHERED) flush(log);
    },
    close: () => {
      for (const log of logs.values()) flush(log);
    },
  };
}
