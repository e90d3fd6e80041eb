/**
 * What the runner and a worker process tell each other.
 */
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import type { PropertyValue } from '../../artifacts/types.js';
import type { Progress } from '../../components/executor.js';
import type { StepFailure } from './run-event.js';
import type { Step } from './step-host.js';

/** From the runner to a worker. */
export type WorkerOrder = { readonly type: 'execute'; readonly step: Step } | { readonly type: 'abort' };

/** From a worker to the runner. */
export type WorkerReport =
  /** It has got the step, and begins. */
  | { readonly type: 'began' }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'metric'; readonly name: string; readonly value: number }
  | { readonly type: 'property'; readonly port: string; readonly name: string; readonly value: PropertyValue }
  /** What the process used for the step, where it can tell. */
  | { readonly type: 'used'; readonly use: ResourceUse }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly failure: StepFailure };
