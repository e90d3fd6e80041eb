import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../../../runner/execution/run-event.js';
import { liveReporter } from '../../../../runner/reporting/live/live-reporter.js';
import { displayWidth } from '../../../../runner/reporting/text/plain-text.js';
import type { Reporter } from '../../../../runner/reporting/reporter.js';
import { fakeClock, fakeOutput, type FakeClock, type FakeOutput } from '../../../rig/fake-output.js';
import { cached, completed, eventfulRun, failed, runEnded, runStarted, started } from '../../../rig/run-events.js';
import { screenOf } from '../../../rig/terminal.js';

const options = { rootOption: '', rootPath: '.pipeline' };

interface Live {
  readonly output: FakeOutput;
  readonly clock: FakeClock;
  readonly reporter: Reporter;
  readonly feed: (...events: readonly RunEvent[]) => void;
  readonly screen: () => readonly string[];
}

function live(columns: number, rows: number, colors = false): Live {
  const output = fakeOutput({ columns, rows, colors });
  const clock = fakeClock();
  const reporter = liveReporter(output, clock, options);
  return {
    output,
    clock,
    reporter,
    feed: (...events) => {
      for (const event of events) reporter.report(event);
    },
    screen: () => screenOf(output.text, output.columns, output.rows),
  };
}

const progress = (message: string, fraction?: number): RunEvent => ({
  type: 'step-progress',
  node: 'trainer',
  progress: {
    message,
    ...(fraction === undefined ? {} : { fraction }),
    rate: { value: 278, unit: 'images' },
    etaSeconds: 32,
  },
});

describe('the live view', () => {
  test('shows a line a node, drawn again in place', () => {
    const { clock, feed, screen } = live(80, 24);
    feed(runStarted('examples', 'trainer', 'evaluator'), cached('examples'), started('trainer'));
    clock.advance(100);
    feed(progress('epoch 2/5', 0.45));
    clock.advance(1900);
    expect(screen()).toEqual([
      'demo, run 12, 2.0s',
      '≡ examples            cached, from run 11, saved 12s',
      '⠋ trainer       2.0s  ██████░░░░░░░░   45%  epoch 2/5  278 images/s  32s to go',
      '· evaluator',
      '1 of 3 done (1 cached) · 1 running',
    ]);
    feed(completed('trainer'), started('evaluator'), { type: 'run-stopping', kill: false });
    clock.advance(100);
    expect(screen()).toEqual([
      'demo, run 12, 2.1s',
      '≡ examples            cached, from run 11, saved 12s',
      '✓ trainer       4.2s',
      '⠙ evaluator    100ms  Trainer',
      '2 of 3 done (1 cached) · 1 running · stopping; Ctrl-C again ends at once',
    ]);
  });

  test('says of nodes that need a stopped one that it was stopped', () => {
    const { clock, feed, screen } = live(80, 24);
    feed(runStarted('trainer', 'pusher'), started('trainer'), { type: 'run-stopping', kill: false });
    feed({ type: 'step-canceled', node: 'trainer' }, { type: 'step-abandoned', node: 'pusher', because: 'trainer' });
    clock.advance(100);
    expect(screen().slice(2)).toEqual(['– pusher            not run: trainer was stopped', '0 of 2 done · 1 not run']);
  });

  test('draws at most ten times a second, whatever happens', () => {
    const { clock, feed, output } = live(80, 24);
    feed(runStarted('trainer'), started('trainer'));
    clock.advance(100);
    output.text = '';
    for (let event = 0; event < 1000; event++) {
      feed(progress('x', event / 1000));
      clock.advance(1);
    }
    expect(output.text.split('demo, run 12')).toHaveLength(11);
  });

  test('leaves a last frame and the summary, and gives the cursor back', () => {
    const { clock, feed, screen, output } = live(80, 60);
    for (const event of eventfulRun) {
      clock.advance(50);
      feed(event);
    }
    expect(screen().slice(0, 14)).toEqual([
      'run 11 of demo had died; what it finished is kept: pipeline show 11 tells more',
      'transform.examples (aaaaaaaaaaaa) is damaged: data: its content differs; moved t',
      'o /store/quarantine/x; it will be made again',
      'tuner: attempt 1 failed: the search space is empty; next attempt in 1.0s',
      'demo, run 12, 5.5s',
      '≡ examples            cached, from run 11, saved 12s',
      '✓ transform     4.2s',
      '✗ tuner        100ms  the search space is empty',
      '– trainer             not run: tuner failed',
      '– pusher              not run: tuner failed',
      '2 of 5 done (1 cached) · 1 failed · 2 not run',
      '',
      'demo, run 12: failed after 5.5s; 5 nodes: 1 executed; 1 cached, which saved 12s;',
      ' 1 failed; 2 not run',
    ]);
    expect(clock.timers).toBe(0);
    expect(output.text.match(/\u001b\[\?25l/gu)).toHaveLength(1);
    expect(output.text.match(/\u001b\[\?25h/gu)).toHaveLength(1);
    expect(output.text).not.toMatch(/\u001b\[\d*m/u);
  });

  test('shows what matters where not all nodes have room', () => {
    const nodes = Array.from({ length: 100 }, (_, index) => `node-${String(index)}`);
    const { clock, feed, screen } = live(60, 11);
    feed(runStarted(...nodes));
    for (const node of nodes.slice(0, 50)) feed(started(node), completed(node));
    feed(started('node-3'), failed('node-3'), started('node-70'));
    clock.advance(100);
    expect(screen()).toEqual([
      'demo, run 12, 100ms',
      '✗ node-3       0ms  the search space is empty',
      '✓ node-47     4.2s',
      '✓ node-48     4.2s',
      '✓ node-49     4.2s',
      '· node-50',
      '· node-51',
      '· node-52',
      '⠙ node-70    100ms  Trainer',
      '49 of 100 done · 1 running · 1 failed · 92 nodes not shown',
    ]);
  });

  test('no line is wider than the terminal, however narrow', () => {
    for (const columns of [10, 20, 34, 50, 200]) {
      const { clock, feed, output } = live(columns, 24, true);
      feed(runStarted('a-name-that-is-rather-long-for-a-node', 'trainer', 'b'), started('trainer'), failed('b'));
      feed(progress('学習 epoch 2/5', 0.5));
      clock.advance(100);
      const frame = output.text.slice(output.text.lastIndexOf('?2026h') + 6, output.text.lastIndexOf('\u001b[J'));
      for (const line of frame.replaceAll('\r', '').split('\n')) expect(displayWidth(line)).toBeLessThan(columns);
    }
  });

  test('follows the terminal when it is resized', () => {
    const { clock, feed, output, screen } = live(80, 24);
    feed(runStarted('trainer'), started('trainer'), progress('epoch', 0.5));
    clock.advance(100);
    output.text = '';
    output.resize(40, 24);
    // The line of 60 columns is now two rows: the frame of three lines begins four rows above.
    expect(output.text).toContain('\u001b[4A');
    expect(screen()).toEqual(['demo, run 12, 100ms', '⠙ trainer    100ms  50%  epoch', '0 of 1 done · 1 running']);
  });

  test('text of others moves no cursor and sets no colour', () => {
    const { clock, feed, output } = live(80, 24);
    const evil = '\u001b[2J\u001b]0;x\u0007\r\u202eevil';
    feed(
      runStarted('a'),
      started('a', evil),
      { type: 'step-progress', node: 'a', progress: { message: evil, rate: { value: 1, unit: evil } } },
      { type: 'step-log', node: 'a', level: 'warn', message: evil },
    );
    clock.advance(100);
    feed(failed('a', { code: evil, message: evil, hint: evil, stack: evil }), runEnded('failed'));
    expect(output.text).not.toMatch(/\u001b\[2J|\u001b\]|\u0007|\u202e/u);
  });

  test('without a run, nothing is drawn', () => {
    const { clock, reporter, output } = live(80, 24);
    clock.advance(1000);
    reporter.close();
    reporter.close();
    expect(output.text).toBe('');
  });
});
