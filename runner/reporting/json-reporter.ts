/**
 * A run as JSON lines for programs, through pino: one event a line, `type` first among its own fields, `time` in
 * milliseconds since 1970, `level` after the event's weight.
 */
import { pino, type Level } from 'pino';
import type { RunEvent } from '../execution/run-event.js';
import { counted } from './text/quantities.js';
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

/** Writes every event as a line of JSON; of what a step says, nothing while the reader is too far behind. */
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
  const write = (event: RunEvent): void => {
    logger[levelOf(event)](event);
  };
  /** Lines that were left out, by node. */
  const leftOut = new Map<string, number>();
  return {
    report: (event) => {
      if (!('node' in event)) {
        write(event);
        return;
      }
      const { node } = event;
      const lines = leftOut.get(node) ?? 0;
      if (event.type === 'step-log' && output.isBehind) {
        leftOut.set(node, lines + 1);
        return;
      }
      leftOut.delete(node);
      if (lines > 0) {
        const message = `${counted(lines, 'line')} left out here: the reader of these events is too far behind`;
        write({ type: 'step-log', node, level: 'warn', message });
      }
      write(event);
    },
    close: () => undefined,
  };
}
