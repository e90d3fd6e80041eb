/**
 * A run as JSON lines for programs, through pino: one event a line, `type` first among its own fields, `time` in
 * milliseconds since 1970, `level` after the event's weight.
 */
import { pino, type Level } from 'pino';
import type { RunEvent } from '../execution/run-event.js';
import type { Clock, Reporter } from './reporter.js';
import type { TextOutput } from './text/text-output.js';

function levelOf(event: RunEvent): Level {
  switch (event.type) {
    case 'step-failed':
      return 'error';
    case 'artifact-damaged':
    case 'run-recovered':
    case 'step-retry':
    case 'step-abandoned':
      return 'warn';
    case 'step-log':
      return event.level;
    case 'step-checked':
      return event.verdict === 'differs' ? 'error' : 'info';
    case 'hook-ended':
      return event.problem === undefined ? 'info' : 'warn';
    case 'run-ended':
      return event.outcome === 'complete' ? 'info' : 'error';
    case 'run-started':
    case 'run-stopping':
    case 'step-cached':
    case 'step-started':
    case 'step-progress':
    case 'step-completed':
    case 'step-canceled':
    case 'step-skipped':
      return 'info';
  }
}

/** Writes every event as a line of JSON. */
export function jsonReporter(output: TextOutput, clock: Clock): Reporter {
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"time":${String(clock.now())}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        output.write(line);
      },
    },
  );
  return {
    report: (event) => {
      logger[levelOf(event)](event);
    },
    close: () => undefined,
  };
}
