/**
 * A run in Prometheus' text format, for the textfile collector of its node exporter: what the latest run of a pipeline
 * came to, as gauges without times of their own.
 *
 * Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4); of the names:
 * https://prometheus.io/docs/practices/naming/ (base units, plural of the unit at the end).
 */
import type { NodeView, RunView } from './run-view.js';

const PREFIX = 'tfjs_pipelines_';

type Labels = Readonly<Record<string, string>>;

/** A metric with its samples. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}

function labelText(labels: Labels): string {
  const escaped = (value: string): string =>
    value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function familyText({ name, help, samples }: Family): string {
  if (samples.length === 0) return '';
  const full = PREFIX + name;
  const lines = samples.map(({ labels, value }) => `${full}${labelText(labels)} ${String(value)}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('')}`;
}

const SECOND = 1000;

/** A gauge of every node that has a value for it. */
function ofNodes(name: string, help: string, view: RunView, valueOf: (node: NodeView) => number | undefined): Family {
  const samples = [...view.nodes.values()].flatMap((node) => {
    const value = valueOf(node);
    return value === undefined ? [] : [{ labels: { pipeline: view.pipeline, node: node.name }, value }];
  });
  return { name, help, samples };
}

function ofRun(view: RunView): readonly Family[] {
  const labels = { pipeline: view.pipeline };
  const durationMs = view.durationMs ?? 0;
  const one = (name: string, help: string, value: number): Family => ({ name, help, samples: [{ labels, value }] });
  const saved = [...view.nodes.values()].reduce(
    (sum, { state, savedMs }) => sum + (state === 'cached' ? savedMs : 0),
    0,
  );
  return [
    one('run_number', 'Number of the latest run in its store.', view.run),
    one('run_success', 'Whether the latest run came to its end: 1, or 0.', view.outcome === 'complete' ? 1 : 0),
    one('run_end_timestamp_seconds', 'When the latest run ended.', (view.startedAt + durationMs) / SECOND),
    one('run_duration_seconds', 'Time that the latest run took.', durationMs / SECOND),
    one('run_saved_seconds', 'Time that it had taken to make what the latest run found cached.', saved / SECOND),
    {
      name: 'run_nodes',
      help: 'Nodes of the latest run by what became of them.',
      samples: Object.entries(view.counts())
        .filter(([state]) => state !== 'waiting' && state !== 'running')
        .map(([state, value]) => ({ labels: { ...labels, state }, value })),
    },
  ];
}

function ofSteps(view: RunView): readonly Family[] {
  const each = (name: string, help: string, valueOf: (node: NodeView) => number | undefined): Family =>
    ofNodes(name, help, view, valueOf);
  const seconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : milliseconds / SECOND;
  const executed = ({ state }: NodeView): boolean => state === 'complete' || state === 'failed';
  return [
    each('step_success', 'Whether the node is executed or cached: 1, or 0 when it failed.', ({ state }) =>
      state === 'failed' ? 0 : state === 'complete' || state === 'cached' ? 1 : undefined,
    ),
    each('step_cached', 'Whether an earlier execution stood for the node: 1, or 0 when it was executed.', (node) =>
      node.state === 'cached' ? 1 : executed(node) ? 0 : undefined,
    ),
    each('step_attempts', 'Attempts at the step.', (node) => (executed(node) ? node.attempt : undefined)),
    each('step_duration_seconds', 'Time that the step took.', (node) =>
      executed(node) ? seconds(node.durationMs) : undefined,
    ),
    each('step_queue_seconds', 'Time that the step waited for its turn.', ({ resources }) =>
      seconds(resources?.queuedMs),
    ),
    each('step_cpu_seconds', 'Time of the step on processors.', ({ resources }) => seconds(resources?.cpuMs)),
    each('step_peak_memory_bytes', 'Most memory of the step.', ({ resources }) => resources?.peakMemoryBytes),
    each('step_input_bytes', 'Size of the artifacts that went in.', ({ resources }) => resources?.bytesIn),
    each('step_output_bytes', 'Size of the artifacts that came out.', ({ resources }) => resources?.bytesOut),
  ];
}

/** A run that has ended, as text; one pipeline a text. */
export function prometheusText(view: RunView): string {
  const metrics = [...view.nodes.values()].flatMap((node) =>
    Object.entries(node.metrics).map(([metric, value]) => ({
      labels: { pipeline: view.pipeline, node: node.name, metric },
      value,
    })),
  );
  const measured = {
    name: 'metric',
    help: 'A metric that a component recorded, such as an accuracy.',
    samples: metrics,
  };
  return [...ofRun(view), ...ofSteps(view), measured].map(familyText).join('');
}
