/**
 * A signal that aborts when a run is to stop, or when a time is over. Its timer holds it: what `AbortSignal.timeout` gives
 * is collected as garbage once only `AbortSignal.any` knows it, and then never aborts.
 *
 * Source: nodejs/node, issue 54614.
 */

/** See above. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Whether the time was over first. */
  isOver(): boolean;
  /** Ends it: nothing is aborted any more. */
  clear(): void;
}

/**
 * Begins to count.
 *
 * @param stop - aborts when the run is to stop
 * @param limitMs - milliseconds; without limit when undefined
 */
export function timeLimit(stop: AbortSignal, limitMs: number | undefined): TimeLimit {
  const controller = new AbortController();
  let isOver = false;
  const timer =
    limitMs === undefined || stop.aborted
      ? undefined
      : setTimeout(() => {
          isOver = true;
          controller.abort();
        }, limitMs);
  const onStop = (): void => {
    clearTimeout(timer);
    controller.abort(stop.reason);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    clear: () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
    },
  };
}
