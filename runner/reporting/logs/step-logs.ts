/**
 * Keeps what every step says in a file of its own: `logs/run-<id>/<node>.log`. A step that says nothing has no file.
 */
import { join } from 'node:path';
import { errorMessage } from '../../../artifacts/system-error.js';
import type { RunEvent, StepFailure } from '../../execution/run-event.js';
import { stepLogPath } from '../../../artifacts/store/step-log.js';
import { LogFile } from './log-file.js';
import { plainLine, plainText } from '../text/plain-text.js';
import type { Clock, Reporter } from '../reporter.js';

/** Milliseconds that a line may wait before it is written: so much of a log is lost when the process is killed. */
const FLUSH_MS = 1000;

function failureLines({ code, message, hint, stack }: StepFailure): readonly string[] {
  return [
    `failed[${plainLine(code)}]: ${plainText(message)}`,
    ...(hint === undefined ? [] : [`help: ${plainText(hint)}`]),
    ...(stack === undefined ? [] : [plainText(stack)]),
  ];
}

/**
 * Writes the logs of a run's steps.
 *
 * @param root - absolute folder of the store
 * @param onProblem - told once when a log cannot be written; the run goes on without it
 */
export function stepLogs(root: string, clock: Clock, onProblem: (node: string, message: string) => void): Reporter {
  const files = new Map<string, LogFile>();
  let run = 0;
  let broken = false;

  const guarded = (node: string, work: () => void): void => {
    if (broken) return;
    try {
      work();
    } catch (error) {
      broken = true;
      onProblem(node, `logs of steps cannot be written: ${errorMessage(error)}`);
    }
  };
  const write = (node: string, lines: readonly string[]): void => {
    guarded(node, () => {
      const file = files.get(node) ?? new LogFile(join(root, stepLogPath(run, node)));
      files.set(node, file);
      const time = new Date(clock.now()).toISOString();
      for (const line of lines) file.add(`${time} ${line}`);
    });
  };
  const finish = (node: string): void => {
    const file = files.get(node);
    files.delete(node);
    if (file !== undefined) {
      guarded(node, () => {
        file.close();
      });
    }
  };
  const stopFlushing = clock.every(FLUSH_MS, () => {
    for (const [node, file] of files) {
      guarded(node, () => {
        file.flush();
      });
    }
  });

  const report = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-started':
        run = event.run;
        break;
      case 'step-log':
        write(event.node, [`${event.level} ${plainText(event.message)}`]);
        break;
      case 'step-retry':
        write(event.node, [...failureLines(event.failure), `attempt ${String(event.attempt)} ended`]);
        break;
      case 'step-failed':
        write(event.node, failureLines(event.failure));
        finish(event.node);
        break;
      case 'step-completed':
      case 'step-canceled':
        finish(event.node);
        break;
      default:
        break;
    }
  };
  const close = (): void => {
    stopFlushing();
    for (const node of [...files.keys()]) finish(node);
  };
  return { report, close };
}
