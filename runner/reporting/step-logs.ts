/**
 * Keeps what every step says in a file of its own: `logs/run-<id>/<node>.log`. A step that says nothing has no file.
 */
import { join } from 'node:path';
import { errorMessage } from '../../artifacts/system-error.js';
import type { RunEvent, StepFailure } from '../execution/run-event.js';
import { LogFile } from './log-file.js';
import { plainLine, plainText } from './plain-text.js';
import type { Clock, Reporter } from './reporter.js';

/** Milliseconds that a line may wait before it is written: so much of a log is lost when the process is killed. */
const FLUSH_MS = 1000;

/** Path of a step's log below the root, with forward slashes; what `ExecutionRecord.log` holds. */
export function stepLogPath(run: number, node: string): string {
  // A node's name is a plain word; should that ever change, it must still not lead elsewhere.
  const name = node.replaceAll(/[^\w=-]/gu, (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`);
  return `logs/run-${String(run)}/${name}.log`;
}

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
export function stepLogs(root: string, clock: Clock, onProblem: (message: string) => void): Reporter {
  const files = new Map<string, LogFile>();
  let run = 0;
  let broken = false;

  const guarded = (work: () => void): void => {
    if (broken) return;
    try {
      work();
    } catch (error) {
      broken = true;
      onProblem(`logs of steps cannot be written: ${errorMessage(error)}`);
    }
  };
  const write = (node: string, lines: readonly string[]): void => {
    guarded(() => {
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
      guarded(() => {
        file.close();
      });
    }
  };
  const stopFlushing = clock.every(FLUSH_MS, () => {
    guarded(() => {
      for (const file of files.values()) file.flush();
    });
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
