import { describe, expect, test } from '@jest/globals';
import type { Lineage, LineageEdge } from '../../../artifacts/lineage.js';
import type { ArtifactRecord, ExecutionRecord } from '../../../artifacts/metadata/records.js';
import { lineageText } from '../../../runner/reporting/lineage-text.js';
import { displayWidth } from '../../../runner/reporting/text/plain-text.js';
import { styleFor } from '../../../runner/reporting/text/style.js';

/** A chain of steps, each made from the one before it. */
function chain(nodes: readonly string[]): Lineage {
  const artifacts = nodes.map((_, index): [number, ArtifactRecord] => [
    index,
    {
      ...{ id: index, type: 'TransformGraph', digest: String(index).repeat(64), properties: {}, bytes: 612, files: 1 },
      ...{ createdAt: 0, gone: false },
    },
  ]);
  const executions = nodes.map((node, index): [number, ExecutionRecord] => [
    index,
    {
      ...{ id: index, runId: 12, pipeline: 'p', node, component: 'Transform', state: 'COMPLETE' },
      ...{ fingerprint: undefined, cachedFrom: undefined, reason: undefined, metrics: {}, failure: undefined },
      ...{ timings: undefined, resources: undefined, attempts: 1, log: undefined, startedAt: 0, endedAt: 1 },
    },
  ]);
  const edges = nodes.flatMap((_, index): LineageEdge[] => [
    { direction: 'output', artifactId: index, executionId: index, port: 'graph', index: 0 },
    ...(index === 0
      ? []
      : [{ direction: 'input' as const, artifactId: index - 1, executionId: index, port: 'examples', index: 0 }]),
  ]);
  const root = nodes.length - 1;
  return { root, artifacts: new Map(artifacts), executions: new Map(executions), edges, truncated: false };
}

describe('a lineage', () => {
  const lines = (nodes: readonly string[], width: number): readonly string[] =>
    lineageText(chain(nodes), styleFor(false), width).trimEnd().split('\n');

  test('has a line an artifact where there is room', () => {
    expect(lines(['a', 'b', 'c'], Infinity)).toEqual([
      'c.graph  TransformGraph  222222222222  612 B  by Transform in run 12',
      'made from',
      '  └─ examples: b.graph  TransformGraph  111111111111  612 B  by Transform in run 12',
      '     └─ examples: a.graph  TransformGraph  000000000000  612 B  by Transform in run 12',
    ]);
  });

  test('has the facts below the name where there is not', () => {
    expect(lines(['a', 'b', 'c'], 60)).toEqual([
      'c.graph',
      '  TransformGraph  222222222222  612 B',
      '  by Transform in run 12',
      'made from',
      '  └─ examples: b.graph',
      '     │  TransformGraph  111111111111  612 B',
      '     │  by Transform in run 12',
      '     └─ examples: a.graph',
      '           TransformGraph  000000000000  612 B',
      '           by Transform in run 12',
    ]);
  });

  test('is no wider than the terminal, however deep it is', () => {
    const nodes = Array.from({ length: 100 }, (_, index) => `a_node_with_a_long_name_${String(index)}`);
    for (const width of [60, 80]) {
      const all = lines(nodes, width);
      expect(Math.max(...all.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(all.filter((line) => line.includes('examples: a_node'))).toHaveLength(99);
    }
  });
});
