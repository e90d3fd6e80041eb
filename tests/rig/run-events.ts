/**
 * Events of runs, to feed reporters with.
 */
import type { ReportedArtifact, RunEvent, StepFailure, StepResources } from '../../runner/execution/run-event.js';

/** An artifact at a port. */
export function artifact(port: string, type: string, letter = 'a'): ReportedArtifact {
  return { port, type, digest: letter.repeat(64), bytes: 3_100_000 };
}

/** What a step used. */
export const resources: StepResources = {
  queuedMs: 30,
  cpuMs: 4000,
  peakMemoryBytes: 310_000_000,
  bytesIn: 45_000_000,
  bytesOut: 3_100_000,
};

/** A failure of a component. */
export const noSpace: StepFailure = {
  code: 'no-space',
  message: 'the search space is empty\nit has no hyperparameter',
  hint: 'add one to `space`',
  stack: undefined,
};

export const started = (node: string, reason = 'first run', attempt = 1): RunEvent => ({
  type: 'step-started',
  node,
  component: 'Trainer',
  reason,
  attempt,
});

export const completed = (
  node: string,
  outputs: readonly ReportedArtifact[] = [],
  metrics: Readonly<Record<string, number>> = {},
): RunEvent => ({ type: 'step-completed', node, durationMs: 4200, metrics, outputs, resources, reusable: true });

export const cached = (node: string, outputs: readonly ReportedArtifact[] = []): RunEvent => ({
  type: 'step-cached',
  node,
  fromRun: 11,
  savedMs: 12_000,
  metrics: {},
  outputs,
});

export const runStarted = (...nodes: readonly string[]): RunEvent => ({
  type: 'run-started',
  run: 12,
  pipeline: 'demo',
  nodes,
  jobs: 2,
});

export const log = (node: string, message: string, level: 'info' | 'warn' = 'info'): RunEvent => ({
  type: 'step-log',
  node,
  level,
  message,
});

export const failed = (node: string, failure: StepFailure = noSpace): RunEvent => ({
  type: 'step-failed',
  node,
  failure,
  resources,
  log: `logs/run-12/${node}.log`,
});

export const runEnded = (outcome: 'complete' | 'failed' | 'canceled', durationMs = 5500): RunEvent => ({
  type: 'run-ended',
  run: 12,
  outcome,
  durationMs,
});

/** A run in which much happens. */
export const eventfulRun: readonly RunEvent[] = [
  { type: 'run-recovered', run: 11, pipeline: 'demo' },
  runStarted('examples', 'transform', 'tuner', 'trainer', 'pusher'),
  cached('examples', [artifact('examples', 'Examples')]),
  started('transform', 'changed: params.features'),
  log('transform', '3 images are grey', 'warn'),
  {
    type: 'artifact-damaged',
    node: 'transform',
    port: 'examples',
    digest: 'a'.repeat(64),
    problems: ['data: its content differs'],
    quarantine: '/store/quarantine/x',
  },
  completed('transform', [artifact('transform_graph', 'TransformGraph', 'b')]),
  started('tuner'),
  log('tuner', 'trial 1'),
  { type: 'step-retry', node: 'tuner', attempt: 1, failure: noSpace, delayMs: 1000 },
  started('tuner', 'first run', 2),
  log('tuner', 'trial 2'),
  failed('tuner'),
  { type: 'step-abandoned', node: 'trainer', because: 'tuner' },
  { type: 'step-abandoned', node: 'pusher', because: 'tuner' },
  runEnded('failed'),
];
