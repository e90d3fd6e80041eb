/**
 * The live view of a run on a terminal: one line a node, drawn again in place.
 */
import type { RunEvent } from '../../execution/run-event.js';
import { frameLines } from './frame.js';
import { LiveRegion } from './region.js';
import { notice } from '../notices.js';
import type { Clock, Reporter } from '../reporter.js';
import { RunView } from '../run-view.js';
import { styleFor } from '../text/style.js';
import { summaryText, type SummaryOptions } from '../summary.js';
import type { TextOutput } from '../text/text-output.js';

/** Milliseconds between two frames. */
const FRAME_MS = 100;

/** Most nodes that the last frame, which stays, shows. */
const LAST_ROWS = 60;

/** Shows a run on a terminal. */
export function liveReporter(output: TextOutput, clock: Clock, options: SummaryOptions): Reporter {
  const view = new RunView();
  const region = new LiveRegion(output);
  const style = styleFor(output.colors);
  let open = true;

  const draw = (rows: number): void => {
    // The last column stays free: some terminals wrap as soon as it is filled.
    region.draw(frameLines(view, { columns: output.columns - 1, rows }, clock.now(), style));
  };
  const redraw = (): void => {
    if (view.run !== 0) draw(output.rows - 1);
  };
  const stopTicking = clock.every(FRAME_MS, redraw);
  const stopWatching = output.onResize(redraw);

  const close = (): void => {
    if (!open) return;
    open = false;
    stopTicking();
    stopWatching();
    if (view.run !== 0) draw(Math.max(output.rows - 1, LAST_ROWS));
    region.end();
  };

  return {
    report: (event: RunEvent) => {
      view.apply(event, clock.now());
      if (event.type === 'run-ended') {
        close();
        output.write(`\n${summaryText(view, { ...options, style, columns: output.columns })}`);
        return;
      }
      // A failure is told in its node's line and in the summary.
      const line = event.type === 'step-failed' ? undefined : notice(event, style);
      if (line !== undefined && open) {
        region.printAbove(`${line}\n`);
        redraw();
      }
    },
    close,
  };
}
