/**
 * A run as its events tell it, for those who draw it: what is known of every node at this moment. It draws nothing.
 */
import type { Progress } from '../../components/executor.js';
import type { ReportedArtifact, RunEvent, RunOutcome, StepFailure, StepResources } from '../execution/run-event.js';
import { checkedText } from './notices.js';
import type { NodeState } from './text/style.js';

/** Lines of a step's log that are kept to be shown when it fails. */
const KEPT_LINES = 10;

/** Warnings that are kept for the summary. */
const KEPT_WARNINGS = 20;

/** One node. */
export interface NodeView {
  readonly name: string;
  state: NodeState;
  component: string;
  /** Why it runs. */
  reason: string;
  attempt: number;
  /** When its current attempt began. */
  startedAt: number | undefined;
  durationMs: number | undefined;
  /** For cached nodes: where the outputs are from, and the time that making them had taken. */
  from: string;
  savedMs: number;
  progress: Progress | undefined;
  metrics: Readonly<Record<string, number>>;
  outputs: readonly ReportedArtifact[];
  /** Of executed nodes. */
  resources: StepResources | undefined;
  failure: StepFailure | undefined;
  log: string | undefined;
  /** Of abandoned and skipped nodes: why. */
  because: string;
  lastLines: string[];
  /** Counts up with every change of a state: the latest to change has the highest. */
  changed: number;
}

/** A warning of a step. */
export interface Warning {
  readonly node: string;
  readonly message: string;
}

/** Where the outputs of a cached node are from. */
export function originText({ fromRun, remote }: Extract<RunEvent, { type: 'step-cached' }>): string {
  return remote === undefined ? `from run ${String(fromRun)}` : `from ${remote}`;
}

function newNode(name: string): NodeView {
  return {
    name,
    state: 'waiting',
    component: '',
    reason: '',
    attempt: 0,
    startedAt: undefined,
    durationMs: undefined,
    from: '',
    savedMs: 0,
    progress: undefined,
    metrics: {},
    outputs: [],
    resources: undefined,
    failure: undefined,
    log: undefined,
    because: '',
    lastLines: [],
    changed: 0,
  };
}

/** What is known of a run. */
export class RunView {
  run = 0;
  pipeline = '';
  jobs = 0;
  startedAt = 0;
  outcome: RunOutcome | undefined;
  durationMs: number | undefined;
  stopping: 'no' | 'gently' | 'at once' = 'no';
  /** In the graph's order. */
  readonly nodes = new Map<string, NodeView>();
  readonly warnings: Warning[] = [];
  /** Warnings beyond those that were kept. */
  moreWarnings = 0;
  #changes = 0;

  /** @param now - milliseconds since 1970 at which the event happened */
  apply(event: RunEvent, now: number): void {
    switch (event.type) {
      case 'run-started':
        this.run = event.run;
        this.pipeline = event.pipeline;
        this.jobs = event.jobs;
        this.startedAt = now;
        for (const name of event.nodes) this.nodes.set(name, newNode(name));
        break;
      case 'run-ended':
        this.outcome = event.outcome;
        this.durationMs = event.durationMs;
        break;
      case 'run-stopping':
        this.stopping = event.kill ? 'at once' : 'gently';
        break;
      case 'artifact-damaged':
        this.#warn(event.node, `its output '${event.port}' was found damaged, and was set aside`);
        break;
      case 'hook-ended': {
        const last = event.lines.at(-1);
        const said = last === undefined ? '' : `; its last line: ${last}`;
        if (event.problem !== undefined) this.#warn(event.hook, `${event.target}: ${event.problem}${said}`);
        break;
      }
      case 'run-recovered':
        break;
      default:
        this.#applyToStep(event, this.#node(event.node), now);
    }
  }

  /** How many nodes are in each state. */
  counts(): Readonly<Record<NodeState, number>> {
    const counts = { waiting: 0, running: 0, complete: 0, cached: 0, skipped: 0, failed: 0, canceled: 0, abandoned: 0 };
    for (const { state } of this.nodes.values()) counts[state]++;
    return counts;
  }

  #applyToStep(event: Extract<RunEvent, { type: `step-${string}` }>, node: NodeView, now: number): void {
    const before = node.state;
    this.#change(event, node, now);
    if (node.state !== before || event.type === 'step-started') node.changed = ++this.#changes;
  }

  #change(event: Extract<RunEvent, { type: `step-${string}` }>, node: NodeView, now: number): void {
    switch (event.type) {
      case 'step-cached':
        Object.assign(node, {
          state: 'cached',
          from: originText(event),
          savedMs: event.savedMs,
          metrics: event.metrics,
          outputs: event.outputs,
        });
        break;
      case 'step-started': {
        const { component, reason, attempt } = event;
        Object.assign(node, newNode(node.name), { state: 'running', startedAt: now, component, reason, attempt });
        break;
      }
      case 'step-progress':
        node.progress = event.progress;
        break;
      case 'step-log':
        node.lastLines.push(event.message);
        if (node.lastLines.length > KEPT_LINES) node.lastLines.shift();
        if (event.level === 'warn') this.#warn(event.node, event.message);
        break;
      case 'step-retry':
        node.progress = undefined;
        node.failure = event.failure;
        break;
      case 'step-completed':
        Object.assign(node, {
          state: 'complete',
          durationMs: event.durationMs,
          metrics: event.metrics,
          outputs: event.outputs,
          resources: event.resources,
          failure: undefined,
          lastLines: [],
        });
        break;
      case 'step-checked':
        if (event.verdict === 'differs') this.#warn(event.node, checkedText(event));
        break;
      case 'step-failed':
        node.state = 'failed';
        node.failure = event.failure;
        node.resources = event.resources;
        node.log = event.log;
        this.#stop(node, now);
        break;
      case 'step-canceled':
        node.state = 'canceled';
        this.#stop(node, now);
        break;
      case 'step-skipped':
        node.state = 'skipped';
        node.because = event.reason;
        break;
      case 'step-abandoned':
        node.state = 'abandoned';
        node.because = `${event.because} ${this.nodes.get(event.because)?.state === 'canceled' ? 'was stopped' : 'failed'}`;
        break;
    }
  }

  #node(name: string): NodeView {
    const known = this.nodes.get(name);
    if (known !== undefined) return known;
    const node = newNode(name);
    this.nodes.set(name, node);
    return node;
  }

  #stop(node: NodeView, now: number): void {
    if (node.startedAt !== undefined) node.durationMs = now - node.startedAt;
  }

  #warn(node: string, message: string): void {
    if (this.warnings.length < KEPT_WARNINGS) this.warnings.push({ node, message });
    else this.moreWarnings++;
  }
}
