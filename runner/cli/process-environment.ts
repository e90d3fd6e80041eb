/**
 * The process as commands see it: the only reader of `process` in the command line.
 */
import { Console } from 'node:console';
import { setImmediate as setImmediatePromise } from 'node:timers/promises';
import { descendantsOf, endProcesses } from '../../artifacts/process-tree.js';
import type { TextOutput } from '../reporting/text/text-output.js';
import type { ProcessEnvironment, StopSignal } from './command.js';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A stream as it really is: the types of Node promise a terminal everywhere. */
type Stream = NodeJS.WritableStream & {
  readonly writableLength: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Bytes that may wait for a reader. */
const MOST_WAITING = 16 * 1024 * 1024;

function textOutput(stream: Stream, env: NodeJS.ProcessEnv): TextOutput {
  let open = true;
  let pending = '';
  const send = (): void => {
    if (open) stream.write(pending);
    pending = '';
  };
  // A reader such as `head` may go at any time; the work goes on without it.
  stream.on('error', () => {
    open = false;
  });
  return {
    write: (text) => {
      // What is written in one go goes out in one go: thousands of cached steps are thousands of lines.
      if (pending === '' && text !== '') setImmediate(send);
      pending += text;
    },
    get isBehind() {
      return stream.writableLength + pending.length > MOST_WAITING;
    },
    get isTTY() {
      return stream.isTTY === true && env['TERM'] !== 'dumb';
    },
    get columns() {
      return positive(stream.columns) ?? 80;
    },
    get rows() {
      return positive(stream.rows) ?? 24;
    },
    get colors() {
      const forced = env['FORCE_COLOR'];
      if (forced !== undefined && forced !== '') return forced !== '0';
      return this.isTTY && (env['NO_COLOR'] ?? '') === '';
    },
    onResize: (handler) => {
      stream.on('resize', handler);
      return () => stream.off('resize', handler);
    },
  };
}

function positive(size: number | undefined): number | undefined {
  return size !== undefined && size > 0 ? size : undefined;
}

/** This very process. */
export function processEnvironment(): ProcessEnvironment {
  let isTold = false;
  return {
    cwd: process.cwd(),
    env: process.env,
    program: process.argv[1] ?? '',
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    stdout: textOutput(process.stdout, process.env),
    stderr: textOutput(process.stderr, process.env),
    now: () => Date.now(),
    onSignal: (handler) => {
      for (const signal of SIGNALS) process.on(signal, handler);
      return () => {
        for (const signal of SIGNALS) process.off(signal, handler);
      };
    },
    onUncaught: (handler) => {
      const caught = (error: unknown): void => {
        process.off('uncaughtException', caught);
        isTold = true;
        void endProcess(handler(error));
      };
      process.on('uncaughtException', caught);
      return () => process.off('uncaughtException', caught);
    },
    onExit: (lastWord) => {
      const ended = (): void => {
        if (!isTold) process.stderr.write(lastWord());
        process.exitCode = 1;
      };
      process.on('exit', ended);
      return () => process.off('exit', ended);
    },
    endStarted: () => {
      // The compiler of user code is ours, and ends with this process.
      const started = descendantsOf(process.pid).filter(({ name }) => name !== 'esbuild');
      endProcesses(started);
      return started;
    },
  };
}

/** The bare streams of the process, for a protocol of its own: what code of the user's prints no longer goes there. */
export function standardStreams(): { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream } {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  return { input: process.stdin, output: process.stdout };
}

/** Ends the process once all that was written has gone out. */
export async function endProcess(status: number): Promise<never> {
  // Outputs still hold what was written in this turn of the event loop.
  await setImmediatePromise();
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable)
      await new Promise<void>((resolve) =>
        stream.write('', () => {
          resolve();
        }),
      );
  }
  process.exit(status);
}
