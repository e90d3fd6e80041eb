/**
 * What reporters have in common: they are fed with the events of one run and with nothing else.
 */
import type { RunEvent } from '../execution/run-event.js';

/** Shows or keeps what happens in a run. */
export interface Reporter {
  /** Takes an event as it happens; never throws and never waits. */
  report(event: RunEvent): void;
  /** Writes what is left to write and gives the terminal back. Calls after the first do nothing. */
  close(): void;
}

/** Time as reporters need it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back at an interval; returns what ends it. Does not keep the process alive. */
  every(milliseconds: number, work: () => void): () => void;
}

/** The time of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  every: (milliseconds, work) => {
    const timer = setInterval(work, milliseconds);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** One reporter out of several, fed in order. */
export function combineReporters(reporters: readonly Reporter[]): Reporter {
  return {
    report: (event) => {
      for (const reporter of reporters) reporter.report(event);
    },
    close: () => {
      for (const reporter of reporters) reporter.close();
    },
  };
}
