/**
 * An execution context in temporary folders, which keeps all that an executor says.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PropertyValue } from '../../artifacts/types.js';
import type { ComponentSpec } from '../../components/component-spec.js';
import type { ExecutionContext, Progress } from '../../components/executor.js';
import { checkParams, type ParamProblem } from '../../components/params.js';

/** A context with what was said through it. */
export interface TestContext {
  readonly context: ExecutionContext;
  readonly logs: string[];
  readonly progress: Progress[];
  readonly metrics: Record<string, number>;
  readonly properties: Record<string, PropertyValue>;
}

/** Makes a context for a component below `folder`. */
export function testContext(options: {
  readonly folder: string;
  readonly spec: ComponentSpec;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs?: ExecutionContext['inputs'];
  readonly outputs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}): TestContext {
  const problems: ParamProblem[] = [];
  const params = checkParams(options.spec.params, options.params, [], {
    problem: (problem) => problems.push(problem),
    resource: () => undefined,
  });
  if (params === undefined) throw new Error(JSON.stringify(problems));
  const make = (name: string): string => {
    const path = join(options.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const logs: string[] = [];
  const progress: Progress[] = [];
  const metrics: Record<string, number> = {};
  const properties: Record<string, PropertyValue> = {};
  const ports = options.outputs ?? Object.keys(options.spec.outputs);
  const context: ExecutionContext = {
    inputs: options.inputs ?? {},
    outputs: Object.fromEntries(
      ports.map((port) => [
        port,
        {
          type: options.spec.outputs[port]?.type.name ?? 'File',
          path: make(`outputs/${port}`),
          setProperty: (name: string, value: PropertyValue) => {
            properties[`${port}.${name}`] = value;
          },
        },
      ]),
    ),
    params,
    seed: 42,
    baseDir: make('base'),
    cacheDir: make('cache'),
    checkpointDir: make('checkpoint'),
    tempDir: make('temp'),
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
    log: { info: (message) => logs.push(message), warn: (message) => logs.push(`warn: ${message}`) },
    progress: (update) => progress.push(update),
    startedProcess: () => undefined,
    metric: (name, value) => {
      metrics[name] = value;
    },
  };
  return { context, logs, progress, metrics, properties };
}
