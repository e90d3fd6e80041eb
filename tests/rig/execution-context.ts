/**
 * A stand-in for what the runner hands to an executor: real folders under a temporary one, params checked as the runner
 * checks them, and a record of everything that the executor says. It runs nothing and stores nothing.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Properties, PropertyValue } from '../../artifacts/types.js';
import type { ComponentSpec, InputPorts, OutputPorts } from '../../components/component-spec.js';
import {
  type ExecutionContext,
  type InputArtifact,
  type OutputArtifact,
  type Progress,
  StepError,
} from '../../components/executor.js';
import { checkParams, type ParamProblem, type ParamResource, type ParamSet } from '../../components/params.js';

/** An input of a test: its folder, and what else the executor asks about it. */
export interface TestInput {
  readonly path: string;
  /** Defaults to the port's type. */
  readonly type?: string;
  /** Defaults to 64 zeros. */
  readonly digest?: string;
  /** Defaults to none. */
  readonly properties?: Properties;
}

/** What a test context is made from. */
export interface TestContextOptions<I extends InputPorts, O extends OutputPorts, P extends ParamSet> {
  readonly spec: ComponentSpec<I, O, P>;
  /** Folders by port; a list for a list port. */
  readonly inputs?: { readonly [K in keyof I]?: string | TestInput | readonly (string | TestInput)[] };
  /** As written in a pipeline file; defaults are filled in. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Folder of the pipeline file. Defaults to a new empty folder. */
  readonly baseDir?: string;
  /** Defaults to a new empty folder. */
  readonly cacheDir?: string;
  /** Defaults to a new empty folder; give one to test that a step goes on where it was killed. */
  readonly checkpointDir?: string;
  /** Defaults to 0. */
  readonly seed?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A context, and what was recorded through it. */
export interface TestContext<I extends InputPorts, O extends OutputPorts, P extends ParamSet> {
  readonly context: ExecutionContext<I, O, P>;
  /** Properties by output, as they were set. */
  readonly properties: Readonly<Record<keyof O & string, Record<string, PropertyValue>>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly logs: readonly { readonly level: 'info' | 'warn'; readonly message: string }[];
  readonly progress: readonly Progress[];
  /** What the params name outside the pipeline file. */
  readonly resources: readonly ParamResource[];
  /** Removes every folder that was made. */
  dispose(): Promise<void>;
}

/**
 * Makes a context for an executor.
 *
 * @throws Error that lists every problem when the params are not what the spec asks for
 */
export async function testContext<I extends InputPorts, O extends OutputPorts, P extends ParamSet>(
  options: TestContextOptions<I, O, P>,
): Promise<TestContext<I, O, P>> {
  const problems: ParamProblem[] = [];
  const resources: ParamResource[] = [];
  const params = checkParams(options.spec.params, options.params ?? {}, [], {
    problem: (problem) => problems.push(problem),
    resource: (resource) => resources.push(resource),
  });
  if (params === undefined) {
    throw new Error(problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('\n'));
  }

  const root = await mkdtemp(join(tmpdir(), 'step-'));
  const folder = async (...names: string[]): Promise<string> => {
    const path = join(root, ...names);
    await mkdir(path, { recursive: true });
    return path;
  };

  const properties: Record<string, Record<string, PropertyValue>> = {};
  const outputs: Record<string, OutputArtifact> = {};
  for (const [name, port] of Object.entries(options.spec.outputs)) {
    const recorded: Record<string, PropertyValue> = {};
    properties[name] = recorded;
    outputs[name] = {
      type: port.type.name,
      path: await folder('outputs', name),
      setProperty: (key, value) => {
        recorded[key] = value;
      },
    };
  }

  const given: Readonly<Record<string, unknown>> = options.inputs ?? {};
  const inputs: Record<string, unknown> = {};
  for (const [name, port] of Object.entries(options.spec.inputs)) {
    const value = given[name] as string | TestInput | readonly (string | TestInput)[] | undefined;
    const artifact = (input: string | TestInput): InputArtifact => ({
      type: port.type.name,
      digest: '0'.repeat(64),
      properties: {},
      ...(typeof input === 'string' ? { path: input } : input),
    });
    if (port.list) inputs[name] = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(artifact);
    else if (value !== undefined) inputs[name] = artifact(value as string | TestInput);
    else if (!port.optional) throw new Error(`the input '${name}' is missing`);
  }

  const metrics: Record<string, number> = {};
  const logs: { level: 'info' | 'warn'; message: string }[] = [];
  const progress: Progress[] = [];
  const context: ExecutionContext = {
    inputs: inputs as ExecutionContext['inputs'],
    outputs,
    params,
    seed: options.seed ?? 0,
    baseDir: options.baseDir ?? (await folder('base')),
    cacheDir: options.cacheDir ?? (await folder('cache')),
    checkpointDir: options.checkpointDir ?? (await folder('checkpoint')),
    tempDir: await folder('temp'),
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
    log: {
      info: (message) => void logs.push({ level: 'info', message }),
      warn: (message) => void logs.push({ level: 'warn', message }),
    },
    progress: (at) => void progress.push(at),
    metric: (name, value) => {
      if (!Number.isFinite(value)) throw new StepError('metric-not-finite', `the metric '${name}' is ${String(value)}`);
      metrics[name] = value;
    },
  };
  return {
    context: context as ExecutionContext<I, O, P>,
    properties: properties as Record<keyof O & string, Record<string, PropertyValue>>,
    metrics,
    logs,
    progress,
    resources,
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}
