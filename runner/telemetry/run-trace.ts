/**
 * A run as spans: one for the run, and within it one for each attempt at a step; nodes that are not executed have one
 * without length.
 */
import { randomBytes } from 'node:crypto';
import type { RunEvent, StepFailure, StepResources } from '../execution/run-event.js';
import type { RunView } from '../reporting/run-view.js';
import type { Attributes, Span } from './otlp.js';
import type { ParentSpan } from './settings.js';

type StepEvent = Extract<RunEvent, { readonly node: string }>;

interface Attempt {
  readonly startMs: number;
  readonly attributes: Attributes;
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

function resourceAttributes(resources: StepResources | undefined): Attributes {
  return {
    'pipeline.step.queue_ms': resources?.queuedMs,
    'pipeline.step.cpu_ms': resources?.cpuMs,
    'pipeline.step.peak_memory_bytes': resources?.peakMemoryBytes,
    'pipeline.step.input_bytes': resources?.bytesIn,
    'pipeline.step.output_bytes': resources?.bytesOut,
  };
}

function metricAttributes(metrics: Readonly<Record<string, number>>): Attributes {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`pipeline.metric.${name}`, value]));
}

/** Gathers the spans of one run. */
export class RunTrace {
  readonly traceId: string;
  readonly #parent: string | undefined;
  readonly #view: RunView;
  readonly #runSpanId = newSpanId();
  readonly #attempts = new Map<string, Attempt>();
  readonly #spans: Span[] = [];
  #run: Attempt & { readonly pipeline: string } = { startMs: 0, attributes: {}, pipeline: '' };

  /**
   * @param parent - what the run is a part of, such as a job of continuous integration
   * @param view - the same run; it is told of every event first
   */
  constructor(parent: ParentSpan | undefined, view: RunView) {
    this.traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    this.#parent = parent?.spanId;
    this.#view = view;
  }

  /** The spans that have ended; that of the run is the last. */
  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** @param now - milliseconds since 1970 at which the event happened */
  apply(event: RunEvent, now: number): void {
    switch (event.type) {
      case 'run-started': {
        const { pipeline, run, jobs, nodes } = event;
        const attributes = {
          'pipeline.name': pipeline,
          'pipeline.run': run,
          'pipeline.jobs': jobs,
          'pipeline.nodes': nodes.length,
        };
        this.#run = { startMs: now, attributes, pipeline };
        break;
      }
      case 'run-ended':
        this.#spans.push({
          traceId: this.traceId,
          spanId: this.#runSpanId,
          parentSpanId: this.#parent,
          name: `run ${this.#run.pipeline}`,
          startMs: this.#run.startMs,
          endMs: now,
          attributes: { ...this.#run.attributes, 'pipeline.outcome': event.outcome },
          events: [],
          error:
            event.outcome === 'complete'
              ? undefined
              : `the run ${event.outcome === 'failed' ? 'failed' : 'was stopped'}`,
        });
        break;
      case 'run-stopping':
      case 'run-recovered':
      case 'hook-ended':
        break;
      default:
        this.#applyToStep(event, now);
    }
  }

  #applyToStep(event: StepEvent, now: number): void {
    const { node } = event;
    switch (event.type) {
      case 'step-started': {
        const attributes = {
          'pipeline.component': event.component,
          'pipeline.reason': event.reason,
          'pipeline.attempt': event.attempt,
        };
        this.#attempts.set(node, { startMs: now, attributes });
        break;
      }
      case 'step-completed':
        this.#end(node, now, 'complete', {
          ...resourceAttributes(event.resources),
          ...metricAttributes(event.metrics),
        });
        break;
      case 'step-retry':
        this.#end(node, now, 'failed', {}, event.failure);
        break;
      case 'step-failed':
        this.#end(node, now, 'failed', resourceAttributes(event.resources), event.failure);
        break;
      case 'step-canceled':
        this.#end(node, now, 'canceled', {});
        break;
      case 'step-cached': {
        const saved = { 'pipeline.from_run': event.fromRun, 'pipeline.saved_ms': event.savedMs };
        this.#end(node, now, 'cached', { ...saved, ...metricAttributes(event.metrics) });
        break;
      }
      case 'step-skipped':
        this.#end(node, now, 'skipped', { 'pipeline.reason': event.reason });
        break;
      case 'step-abandoned':
        this.#end(node, now, 'abandoned', { 'pipeline.reason': this.#view.nodes.get(node)?.because });
        break;
      case 'step-progress':
      case 'step-log':
      case 'step-checked':
      case 'artifact-damaged':
        break;
    }
  }

  #end(node: string, now: number, state: string, attributes: Attributes, failure?: StepFailure): void {
    const attempt = this.#attempts.get(node);
    this.#attempts.delete(node);
    this.#spans.push({
      traceId: this.traceId,
      spanId: newSpanId(),
      parentSpanId: this.#runSpanId,
      name: node,
      startMs: attempt?.startMs ?? now,
      endMs: now,
      attributes: {
        'pipeline.name': this.#run.pipeline,
        'pipeline.node': node,
        'pipeline.state': state,
        ...attempt?.attributes,
        ...attributes,
        'error.type': failure?.code,
      },
      events:
        failure === undefined
          ? []
          : [
              {
                name: 'exception',
                timeMs: now,
                attributes: {
                  'exception.type': failure.code,
                  'exception.message': failure.message,
                  'exception.stacktrace': failure.stack,
                },
              },
            ],
      error: failure?.message,
    });
  }
}
