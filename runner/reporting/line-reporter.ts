/**
 * A run as lines of text, for logs of continuous integration and other places that are no terminal.
 */
import type { Progress } from '../../components/executor.js';
import type { RunEvent } from '../execution/run-event.js';
import { checkedText, notice } from './notices.js';
import { plainLine } from './text/plain-text.js';
import { counted, duration, rateText } from './text/quantities.js';
import type { Clock, Reporter } from './reporter.js';
import { originText, RunView } from './run-view.js';
import { styleFor } from './text/style.js';
import { summaryText, type SummaryOptions } from './summary.js';
import type { TextOutput } from './text/text-output.js';

/** Milliseconds between two lines about the progress of one step. */
const PROGRESS_MS = 10_000;

function progressLine({ message, fraction, rate, etaSeconds }: Progress): string {
  const parts = [
    plainLine(message),
    fraction === undefined ? '' : `${String(Math.floor(Math.min(1, Math.max(0, fraction)) * 100))}%`,
    rate === undefined ? '' : plainLine(rateText(rate)),
    etaSeconds === undefined ? '' : `${duration(etaSeconds * 1000)} to go`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Writes a line for what matters; progress of a step at most every ten seconds. */
export function lineReporter(output: TextOutput, clock: Clock, options: SummaryOptions): Reporter {
  const view = new RunView();
  const style = styleFor(output.colors);
  const lastProgress = new Map<string, number>();
  const line = (text: string): void => {
    output.write(`${text}\n`);
  };
  const step = (node: string, text: string): void => {
    line(`${plainLine(node)}: ${text}`);
  };

  const report = (event: RunEvent): void => {
    const now = clock.now();
    view.apply(event, now);
    switch (event.type) {
      case 'run-started': {
        const at = `${counted(event.nodes.length, 'node')}, ${String(event.jobs)} at a time`;
        line(`${plainLine(event.pipeline)}, run ${String(event.run)}: ${at}`);
        break;
      }
      case 'step-started':
        lastProgress.set(event.node, now);
        step(
          event.node,
          `${event.attempt > 1 ? `attempt ${String(event.attempt)}` : 'started'}${event.reason === '' ? '' : `: ${plainLine(event.reason)}`}`,
        );
        break;
      case 'step-progress':
        if (now - (lastProgress.get(event.node) ?? 0) < PROGRESS_MS) break;
        lastProgress.set(event.node, now);
        step(event.node, progressLine(event.progress));
        break;
      case 'step-log':
        if (event.level === 'warn') step(event.node, style.warn(`warning: ${plainLine(event.message)}`));
        break;
      case 'step-cached':
        step(
          event.node,
          `cached, ${plainLine(originText(event))}${event.savedMs > 0 ? `, saved ${duration(event.savedMs)}` : ''}`,
        );
        break;
      case 'step-completed':
        step(event.node, style.good(`done in ${duration(event.durationMs)}`));
        break;
      case 'step-checked': {
        const text = plainLine(checkedText(event));
        step(event.node, event.verdict === 'differs' ? style.bad(text) : text);
        break;
      }
      case 'step-canceled':
        step(event.node, 'stopped');
        break;
      case 'step-skipped':
        step(event.node, `skipped: ${plainLine(event.reason)}`);
        break;
      case 'step-abandoned':
        step(event.node, `not run: ${plainLine(view.nodes.get(event.node)?.because ?? '')}`);
        break;
      case 'run-stopping':
        line(event.kill ? 'ending at once' : 'stopping: nothing new starts; Ctrl-C again ends at once');
        break;
      case 'hook-ended': {
        const text = `${plainLine(event.hook)}, ${plainLine(event.target)}: `;
        if (event.problem === undefined) line(`${text}called, ${duration(event.durationMs)}`);
        else line(`${text}${style.warn(`warning: ${plainLine(event.problem)}`)}`);
        break;
      }
      case 'run-ended':
        line(`\n${summaryText(view, { ...options, style, columns: Infinity })}`.trimEnd());
        break;
      case 'run-recovered':
      case 'artifact-damaged':
      case 'step-retry':
      case 'step-failed': {
        const said = notice(event, style);
        if (said !== undefined) line(said);
        break;
      }
    }
  };
  return { report, close: () => undefined };
}
