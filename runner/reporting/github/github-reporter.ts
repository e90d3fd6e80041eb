/**
 * A run in the log of GitHub Actions: lines of text, the log of each step in a group that can be folded, failures and
 * warnings as annotations of the pipeline file.
 */
import type { RunEvent } from '../../execution/run-event.js';
import type { DiagnosticPlace } from '../../source/diagnostic-data.js';
import { lineReporter } from '../line-reporter.js';
import { plainLine, plainText } from '../text/plain-text.js';
import { counted } from '../text/quantities.js';
import type { Clock, Reporter } from '../reporter.js';
import type { SummaryOptions } from '../summary.js';
import type { TextOutput } from '../text/text-output.js';
import { annotation, workflowCommand } from './workflow-command.js';

/** Lines of a step's log that are shown: the last ones. */
const SHOWN_LINES = 1000;

/** What the reporter needs to know beside the run. */
export interface GithubOptions {
  /** Where a node is written, from the root of the repository. */
  readonly placeOf: (node: string) => DiagnosticPlace | undefined;
  /** A word that no step can know: until it comes again, what steps print is no command. */
  readonly token: string;
}

/** Shows a run in the log of GitHub Actions. */
export function githubReporter(output: TextOutput, clock: Clock, options: SummaryOptions & GithubOptions): Reporter {
  const { placeOf, token } = options;
  const pause = workflowCommand('stop-commands', {}, token);
  const lines = lineReporter(output, clock, options);
  const logs = new Map<string, string[]>();
  let open = true;
  const command = (text: string): void => {
    output.write(`${workflowCommand(token, {}, '')}${text}${pause}`);
  };
  const log = (node: string, message: string): void => {
    const kept = logs.get(node) ?? [];
    logs.set(node, kept);
    kept.push(...plainText(message).split('\n'));
    if (kept.length > SHOWN_LINES) kept.splice(0, kept.length - SHOWN_LINES);
  };
  const showLog = (node: string): void => {
    const kept = logs.get(node) ?? [];
    logs.delete(node);
    if (kept.length === 0) return;
    const title = `${plainLine(node)}: ${counted(kept.length, 'line')} of its log`;
    command(workflowCommand('group', {}, title));
    output.write(`${kept.join('\n')}\n`);
    command(workflowCommand('endgroup', {}, ''));
  };
  const annotate = (severity: 'error' | 'warning', node: string, title: string, message: string): void => {
    command(annotation(severity, { title: plainLine(title), message: plainText(message), place: placeOf(node) }));
  };

  output.write(pause);
  const report = (event: RunEvent): void => {
    if (event.type === 'step-log') log(event.node, event.message);
    if (event.type === 'step-completed' || event.type === 'step-failed' || event.type === 'step-canceled') {
      showLog(event.node);
    }
    lines.report(event);
    switch (event.type) {
      case 'step-log':
        if (event.level === 'warn') annotate('warning', event.node, event.node, event.message);
        break;
      case 'step-failed': {
        const { code, message, hint } = event.failure;
        annotate(
          'error',
          event.node,
          `${event.node} failed: ${code}`,
          hint === undefined ? message : `${message}\n${hint}`,
        );
        break;
      }
      case 'artifact-damaged':
        annotate('warning', event.node, event.node, `its output ${event.port} was found damaged, and is made again`);
        break;
      default:
        break;
    }
  };
  const close = (): void => {
    lines.close();
    if (open) output.write(workflowCommand(token, {}, ''));
    open = false;
  };
  return { report, close };
}
