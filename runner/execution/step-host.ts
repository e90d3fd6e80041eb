/**
 * Executes a step in this process, be it the runner's own or a worker's. What goes in is plain data, what comes out are
 * calls; it knows neither graph nor store.
 */
import { mkdirSync } from 'node:fs';
import { announce } from '../../artifacts/fault-injection.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { PropertyValue } from '../../artifacts/types.js';
import {
  StepError,
  type ExecutionContext,
  type InputArtifact,
  type OutputArtifact,
  type Progress,
} from '../../components/executor.js';
import type { ComponentSource, LoadExecutor } from '../../components/registry.js';

/** A step as plain data; its folders for checkpoints and scratch need not be there. */
export interface Step extends Pick<
  ExecutionContext,
  'seed' | 'baseDir' | 'cacheDir' | 'checkpointDir' | 'tempDir' | 'env'
> {
  readonly source: ComponentSource;
  readonly inputs: Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>;
  readonly outputs: Readonly<Record<string, Pick<OutputArtifact, 'type' | 'path'>>>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a step says while it executes. */
export interface StepListener {
  log(level: 'info' | 'warn', message: string): void;
  progress(progress: Progress): void;
  /** A process that works for the step. */
  process(pid: number): void;
  metric(name: string, value: number): void;
  property(port: string, name: string, value: PropertyValue): void;
}

/** Makes a folder of the step, which most steps never ask for. @throws StoreError */
function madeFolder(path: string): string {
  try {
    announce('mkdir', path);
    mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    throw StoreError.from(error, `making the folder ${path}`);
  }
}

function checkedMetric(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new StepError('metric-not-finite', `the metric ${name} is ${String(value)}`, 'look for what made it so');
}

function checkedProperty(port: string, name: string, value: PropertyValue): PropertyValue {
  const isPlain = ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  if (isPlain) return value;
  const what = typeof value === 'object' ? 'an object' : String(value);
  throw new StepError(
    'property-not-plain',
    `the property ${name} of the output ${port} is ${what}`,
    'record a text, a finite number, true or false',
  );
}

/** Executes a step; rejects with what its executor throws. */
export async function executeStep(
  step: Step,
  load: LoadExecutor,
  signal: AbortSignal,
  listener: StepListener,
): Promise<void> {
  const { source, inputs, outputs, params, ...rest } = step;
  const { execute } = await load(source);
  signal.throwIfAborted();
  await execute({
    ...rest,
    get checkpointDir() {
      return madeFolder(step.checkpointDir);
    },
    get tempDir() {
      return madeFolder(step.tempDir);
    },
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([port, output]) => [
        port,
        {
          ...output,
          setProperty: (name: string, value: PropertyValue) => {
            listener.property(port, name, checkedProperty(port, name, value));
          },
        },
      ]),
    ),
    params,
    signal,
    log: {
      info: (message) => {
        listener.log('info', message);
      },
      warn: (message) => {
        listener.log('warn', message);
      },
    },
    progress: (progress) => {
      listener.progress(progress);
    },
    startedProcess: (pid) => {
      listener.process(pid);
    },
    metric: (name, value) => {
      listener.metric(name, checkedMetric(name, value));
    },
  });
}
