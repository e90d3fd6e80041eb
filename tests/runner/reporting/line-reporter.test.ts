import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../../runner/execution/run-event.js';
import { lineReporter } from '../../../runner/reporting/line-reporter.js';
import { fakeClock, fakeOutput, type FakeClock } from '../../rig/fake-output.js';
import { cached, completed, eventfulRun, runEnded, runStarted, started } from '../../rig/run-events.js';

const options = { rootOption: '', rootPath: '.pipeline' };

function lines(events: readonly RunEvent[], clock: FakeClock = fakeClock()): string {
  const output = fakeOutput();
  const reporter = lineReporter(output, clock, options);
  for (const event of events) reporter.report(event);
  reporter.close();
  return output.text;
}

const progress = (fraction: number): RunEvent => ({
  type: 'step-progress',
  node: 'trainer',
  progress: { message: 'epoch 1/2', fraction, rate: { value: 278, unit: 'images' }, etaSeconds: 61 },
});

describe('a run as lines', () => {
  test('tells what happened, and sums up', () => {
    expect(lines(eventfulRun)).toBe(`\
run 11 of demo had died; what it finished is kept: pipeline show 11 tells more
demo, run 12: 5 nodes, 2 at a time
examples: cached, from run 11, saved 12s
transform: started: changed: params.features
transform: warning: 3 images are grey
transform.examples (aaaaaaaaaaaa) is damaged: data: its content differs; moved to /store/quarantine/x; it will be made again
transform: done in 4.2s
tuner: started: first run
tuner: attempt 1 failed: the search space is empty; next attempt in 1.0s
tuner: attempt 2: first run
tuner failed: the search space is empty
trainer: not run: tuner failed
pusher: not run: tuner failed

demo, run 12: failed after 5.5s; 5 nodes: 1 executed; 1 cached, which saved 12s; 1 failed; 2 not run

artifacts
  examples.examples          Examples        aaaaaaaaaaaa  3.1 MB  cached
  transform.transform_graph  TransformGraph  bbbbbbbbbbbb  3.1 MB  new

warnings
  transform: 3 images are grey
  transform: its output 'examples' was found damaged, and was set aside

failures
  tuner[no-space]: the search space is empty
    it has no hyperparameter
    help: add one to \`space\`
    last lines of its log:
      | trial 2
    log: .pipeline/logs/run-12/tuner.log

next: mend it and run the same command again: what is done stays done
      pipeline show 12 tells all of this run
`);
  });

  test('progress is told every ten seconds at most', () => {
    const clock = fakeClock();
    const output = fakeOutput();
    const reporter = lineReporter(output, clock, options);
    for (const event of [runStarted('trainer'), started('trainer')]) reporter.report(event);
    for (let second = 0; second < 25; second++) {
      clock.advance(1000);
      reporter.report(progress(second / 25));
    }
    expect(output.text.split('\n').filter((line) => line.includes('epoch'))).toEqual([
      'trainer: epoch 1/2, 36%, 278 images/s, 1m 01s to go',
      'trainer: epoch 1/2, 76%, 278 images/s, 1m 01s to go',
    ]);
  });

  test('a complete run points to the lineage of its last output', () => {
    const events = [
      runStarted('a', 'b'),
      cached('a'),
      started('b'),
      completed('b', [{ port: 'model', type: 'Model', digest: 'c'.repeat(64), bytes: 5 }], { accuracy: 0.87 }),
      runEnded('complete', 90_000),
    ];
    const text = lines(events);
    expect(text).toContain('demo, run 12: complete in 1m 30s; 2 nodes: 1 executed; 1 cached, which saved 12s\n');
    expect(text).toContain('metrics\n  b  accuracy  0.87\n');
    expect(text).toMatch(/next: pipeline lineage b\.model\n$/u);
  });

  test('a stopped run says how to go on', () => {
    const events: readonly RunEvent[] = [
      runStarted('a', 'b'),
      started('a'),
      { type: 'run-stopping', kill: false },
      { type: 'run-stopping', kill: true },
      { type: 'step-canceled', node: 'a' },
      { type: 'step-canceled', node: 'b' },
      runEnded('canceled'),
    ];
    expect(lines(events)).toBe(`\
demo, run 12: 2 nodes, 2 at a time
a: started: first run
stopping: nothing new starts; Ctrl-C again ends at once
ending at once
a: stopped
b: stopped

demo, run 12: stopped after 5.5s; 2 nodes: 2 stopped

next: run the same command again to go on: what is done stays done
`);
  });

  test('long tables and many metrics are cut, and say where the rest is', () => {
    const nodes = Array.from({ length: 50 }, (_, index) => `n${String(index)}`);
    const metrics = Object.fromEntries(nodes.slice(0, 12).map((name) => [name, 1]));
    const text = lines([
      runStarted(...nodes),
      ...nodes.map((node) => completed(node, [{ port: 'o', type: 'File', digest: 'd'.repeat(64), bytes: 1 }])),
      started('n0'),
      completed('n0', [], metrics),
      runEnded('complete'),
    ]);
    expect(text).toContain('  n40.o  File  dddddddddddd  1 B  new\n  … 9 more: pipeline show 12\n');
    expect(text).toContain('  n0  n5        1\n  n0  … 4 more\n');
  });
});
