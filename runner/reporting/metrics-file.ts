/**
 * Keeps the latest run in a file that Prometheus' node exporter reads. The file is replaced in one go when the run has
 * ended: whoever reads it sees the run before, or this one.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage } from '../../artifacts/system-error.js';
import { unfinishedPath } from '../../artifacts/unfinished.js';
import { prometheusText } from './prometheus.js';
import type { Clock, Reporter } from './reporter.js';
import { RunView } from './run-view.js';

/**
 * Writes the file of a run.
 *
 * @param path - absolute; its folder is there
 * @param onProblem - told when the file cannot be written
 */
export function metricsFile(path: string, clock: Clock, onProblem: (message: string) => void): Reporter {
  const view = new RunView();
  const write = (): void => {
    // In the same folder, so that it can be renamed; without the ending that the exporter looks for.
    const temporary = unfinishedPath(dirname(path));
    try {
      writeFileSync(temporary, prometheusText(view));
      try {
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary);
        throw error;
      }
    } catch (error) {
      onProblem(`the metrics cannot be written to ${path}: ${errorMessage(error)}`);
    }
  };
  return {
    report: (event) => {
      view.apply(event, clock.now());
      if (event.type === 'run-ended') write();
    },
    close: () => undefined,
  };
}
