import { describe, expect, test } from '@jest/globals';
import { currentProcess } from '../../../artifacts/process-identity.js';
import { metricsTable } from '../../../runner/history/metrics-table.js';
import type { ValuedRun } from '../../../runner/history/run-values.js';

const run = (id: number, metrics: Readonly<Record<string, number>>): ValuedRun => ({
  run: {
    id,
    pipeline: 'p',
    file: 'p.yaml',
    params: {},
    state: 'COMPLETE',
    startedAt: 0,
    endedAt: 1,
    owner: currentProcess(),
  },
  values: { params: {}, metrics: {} },
  nodes: [{ runId: id, node: 'train', metrics }],
});
const runs = [run(11, { loss: 0.25, accuracy: 0.91 }), run(10, { loss: 0.5 }), run(9, { loss: 1, accuracy: 0.5 })];
const series = ['loss', 'accuracy'].map((metric) => ({ node: 'train', metric }));

describe('a table of metrics', () => {
  test('has a run a line where there is room', () => {
    expect(metricsTable(runs, series, 80)).toEqual([
      'run  started               state     train.loss  train.accuracy',
      ' 11  1970-01-01 00:00:00Z  complete        0.25            0.91',
      ' 10  1970-01-01 00:00:00Z  complete         0.5',
      '  9  1970-01-01 00:00:00Z  complete           1             0.5',
    ]);
  });

  test('has a metric a line where there is not, and says how many runs are left out', () => {
    expect(metricsTable(runs, series, 50)).toEqual([
      'run                   11        10         9',
      'state           complete  complete  complete',
      'train.loss          0.25       0.5         1',
      'train.accuracy      0.91                 0.5',
    ]);
    expect(metricsTable(runs, series, 40)).toEqual([
      'run                   11        10',
      'state           complete  complete',
      'train.loss          0.25       0.5',
      'train.accuracy      0.91',
      '1 earlier run left out for want of room: --json tells all',
    ]);
  });
});
