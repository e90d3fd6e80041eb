/**
 * Chooses how a run is shown: JSON for programs, live on a terminal, lines elsewhere.
 */
import { lineReporter } from './line-reporter.js';
import { liveReporter } from './live-reporter.js';
import type { Clock, Reporter } from './reporter.js';
import type { SummaryOptions } from './summary.js';
import type { TextOutput } from './text-output.js';

/** Makes the reporter that fits the output. */
export async function runReporter(
  output: TextOutput,
  clock: Clock,
  options: SummaryOptions & { readonly json: boolean },
): Promise<Reporter> {
  if (options.json) {
    const { jsonReporter } = await import('./json-reporter.js');
    return jsonReporter(output, clock);
  }
  return output.isTTY ? liveReporter(output, clock, options) : lineReporter(output, clock, options);
}
