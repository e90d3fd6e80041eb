/**
 * An output that keeps its text, of any size, and a clock that is set by hand.
 */
import type { Clock } from '../../runner/reporting/reporter.js';
import type { TextOutput } from '../../runner/reporting/text/text-output.js';

/** An output whose text can be looked at, and whose terminal can be resized. */
export interface FakeOutput extends TextOutput {
  text: string;
  isBehind: boolean;
  resize(columns: number, rows: number): void;
}

/** Makes an output; without a size it is no terminal. */
export function fakeOutput(size?: { columns: number; rows: number; colors?: boolean }): FakeOutput {
  const handlers = new Set<() => void>();
  let { columns, rows } = size ?? { columns: 80, rows: 24 };
  return {
    text: '',
    isBehind: false,
    isTTY: size !== undefined,
    colors: size?.colors ?? false,
    get columns() {
      return columns;
    },
    get rows() {
      return rows;
    },
    write(text) {
      this.text += text;
    },
    onResize: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    resize: (toColumns, toRows) => {
      columns = toColumns;
      rows = toRows;
      for (const handler of handlers) handler();
    },
  };
}

/** A clock that goes only when it is told to. */
export interface FakeClock extends Clock {
  /** Goes on; what is due is called. */
  advance(milliseconds: number): void;
  /** How many callbacks are waiting. */
  readonly timers: number;
}

/** Makes a clock that stands at one million seconds after 1970. */
export function fakeClock(): FakeClock {
  let now = 1_000_000_000;
  const timers = new Set<{ readonly interval: number; next: number; readonly work: () => void }>();
  return {
    now: () => now,
    every: (interval, work) => {
      const timer = { interval, next: now + interval, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const due = [...timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next)[0];
        if (due === undefined) break;
        now = due.next;
        due.next += due.interval;
        due.work();
      }
      now = end;
    },
    get timers() {
      return timers.size;
    },
  };
}
