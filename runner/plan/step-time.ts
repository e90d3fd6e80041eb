/**
 * What a step will take, judged by what it took before.
 */
import type { Timings } from '../../artifacts/metadata/records.js';

/** Past executions that are looked at: few, so that a step that has become faster or slower is soon known as such. */
export const PAST_EXECUTIONS = 5;

/**
 * The time that a step is expected to take, in milliseconds: the median of its past executions, which one that had to
 * wait for a cold disk or a busy machine does not move. Of an even number it is the mean of the two in the middle.
 *
 * @param past - executions of the same node and component; without any, the time is not known
 */
export function expectedMs(past: readonly Timings[]): number | undefined {
  const sorted = past.map(({ executeMs, publishMs }) => executeMs + publishMs).sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
