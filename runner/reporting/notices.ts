/**
 * What is said once, as a line that stays: damage, recovery, retries, failures.
 */
import type { FileDifference, RunEvent } from '../execution/run-event.js';
import { firstLine, plainLine } from './text/plain-text.js';
import { duration, shortDigest } from './text/quantities.js';
import type { Style } from './text/style.js';

/** Files that are named of a step that did not make the same bytes. */
const NAMED_FILES = 10;

function differenceText({ port, file, kind, offset }: FileDifference): string {
  const path = `${port}/${file}`;
  if (kind === 'content') return `${path} from byte ${String(offset)}`;
  return kind === 'missing' ? `${path} was not written again` : `${path} was not written the first time`;
}

/** What came of executing a step again. */
export function checkedText({ verdict, reason, differences }: Extract<RunEvent, { type: 'step-checked' }>): string {
  if (verdict === 'same') return 'executed again: the same bytes';
  if (verdict === 'passed over') return `not executed again: ${reason}`;
  if (reason !== '') return `executed again: ${reason}`;
  const named = differences.slice(0, NAMED_FILES).map(differenceText);
  const more = differences.length - named.length;
  return `executed again, and not the same: ${[...named, ...(more > 0 ? [`${String(more)} more files`] : [])].join(', ')}`;
}

/** The line for an event, or undefined when it is none to be said so. */
export function notice(event: RunEvent, style: Style): string | undefined {
  switch (event.type) {
    case 'run-recovered':
      return style.warn(
        `run ${String(event.run)} of ${plainLine(event.pipeline)} had died; what it finished is kept: pipeline show ${String(event.run)} tells more`,
      );
    case 'artifact-damaged': {
      const where = event.quarantine === undefined ? '' : `; moved to ${plainLine(event.quarantine)}`;
      const what = plainLine(event.problems[0] ?? 'damaged');
      return style.warn(
        `${plainLine(event.node)}.${plainLine(event.port)} (${shortDigest(event.digest)}) is damaged: ${what}${where}; it will be made again`,
      );
    }
    case 'step-retry':
      return style.warn(
        `${plainLine(event.node)}: attempt ${String(event.attempt)} failed: ${firstLine(event.failure.message)}; next attempt ${event.delayMs > 0 ? `in ${duration(event.delayMs)}` : 'now'}`,
      );
    case 'step-failed':
      return style.bad(`${plainLine(event.node)} failed: ${firstLine(event.failure.message)}`);
    default:
      return undefined;
  }
}
