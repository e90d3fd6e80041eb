/**
 * What a run came to, as gauges of OpenTelemetry.
 */
import type { NodeView, RunView } from '../reporting/run-view.js';
import type { Attributes, Gauge } from './otlp.js';

/** The gauges of a run that has ended. */
export function runGauges(view: RunView): readonly Gauge[] {
  const nodes = [...view.nodes.values()];
  const pipeline = { 'pipeline.name': view.pipeline };
  const ofNodes = (valueOf: (node: NodeView) => number | undefined, more: Attributes = {}): Gauge['points'] =>
    nodes.flatMap((node) => {
      const value = valueOf(node);
      return value === undefined ? [] : [{ attributes: { ...pipeline, 'pipeline.node': node.name, ...more }, value }];
    });
  const seconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : milliseconds / 1000;
  return [
    {
      name: 'pipeline.run.duration',
      description: 'Time that the run took.',
      unit: 's',
      points: [{ attributes: { ...pipeline, 'pipeline.outcome': view.outcome }, value: (view.durationMs ?? 0) / 1000 }],
    },
    {
      name: 'pipeline.run.nodes',
      description: 'Nodes by what became of them.',
      unit: '{node}',
      points: Object.entries(view.counts())
        .filter(([, value]) => value > 0)
        .map(([state, value]) => ({ attributes: { ...pipeline, 'pipeline.state': state }, value })),
    },
    {
      name: 'pipeline.step.duration',
      description: 'Time that the step took.',
      unit: 's',
      points: ofNodes(({ durationMs }) => seconds(durationMs)),
    },
    {
      name: 'pipeline.step.queue',
      description: 'Time that the step waited for its turn.',
      unit: 's',
      points: ofNodes(({ resources }) => seconds(resources?.queuedMs)),
    },
    {
      name: 'pipeline.step.cpu.time',
      description: 'Time of the step on processors.',
      unit: 's',
      points: ofNodes(({ resources }) => seconds(resources?.cpuMs)),
    },
    {
      name: 'pipeline.step.memory.peak',
      description: 'Most memory of the step.',
      unit: 'By',
      points: ofNodes(({ resources }) => resources?.peakMemoryBytes),
    },
    {
      name: 'pipeline.step.io',
      description: 'Size of the artifacts that went in and came out.',
      unit: 'By',
      points: [
        ...ofNodes(({ resources }) => resources?.bytesIn, { 'pipeline.direction': 'in' }),
        ...ofNodes(({ resources }) => resources?.bytesOut, { 'pipeline.direction': 'out' }),
      ],
    },
    {
      name: 'pipeline.metric',
      description: 'A metric that a component recorded, such as an accuracy.',
      unit: '1',
      points: nodes.flatMap((node) =>
        Object.entries(node.metrics).map(([metric, value]) => ({
          attributes: { ...pipeline, 'pipeline.node': node.name, 'pipeline.metric': metric },
          value,
        })),
      ),
    },
  ];
}
