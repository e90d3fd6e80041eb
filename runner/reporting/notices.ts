/**
 * What is said once, as a line that stays: damage, recovery, retries, failures.
 */
import type { RunEvent } from '../execution/run-event.js';
import { firstLine, plainLine } from './plain-text.js';
import { duration, shortDigest } from './quantities.js';
import type { Style } from './style.js';

/** The line for an event, or undefined when it is none to be said so. */
export function notice(event: RunEvent, style: Style): string | undefined {
  switch (event.type) {
    case 'run-recovered':
      return style.warn(
        `run ${String(event.run)} of ${plainLine(event.pipeline)} had died; it is closed as failed, what it finished is kept`,
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
