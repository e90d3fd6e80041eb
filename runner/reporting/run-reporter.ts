/**
 * Chooses how a run is shown: JSON for programs, live on a terminal, with annotations in GitHub Actions, lines elsewhere.
 */
import type { GithubOptions } from './github/github-reporter.js';
import { lineReporter } from './line-reporter.js';
import { liveReporter } from './live/live-reporter.js';
import type { Clock, Reporter } from './reporter.js';
import type { SummaryOptions } from './summary.js';
import type { TextOutput } from './text/text-output.js';

/** Makes the reporter that fits the output. */
export async function runReporter(
  output: TextOutput,
  clock: Clock,
  options: SummaryOptions & { readonly json: boolean; readonly github: GithubOptions | undefined },
): Promise<Reporter> {
  if (options.json) {
    const { jsonReporter } = await import('./json-reporter.js');
    return jsonReporter(output, clock);
  }
  if (options.github !== undefined) {
    const { githubReporter } = await import('./github/github-reporter.js');
    return githubReporter(output, clock, { ...options, ...options.github });
  }
  return output.isTTY ? liveReporter(output, clock, options) : lineReporter(output, clock, options);
}
