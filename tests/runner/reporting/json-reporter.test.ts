import { expect, test } from '@jest/globals';
import { runReporter } from '../../../runner/reporting/run-reporter.js';
import { fakeClock, fakeOutput } from '../../rig/fake-output.js';
import { eventfulRun, failed } from '../../rig/run-events.js';

const options = { rootOption: '', rootPath: '.pipeline', json: true, github: undefined };

test('every event is a line of JSON with its level and time', async () => {
  const output = fakeOutput({ columns: 80, rows: 24 });
  const reporter = await runReporter(output, fakeClock(), options);
  for (const event of eventfulRun) reporter.report(event);
  const lines = output.text.trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as { type: string; level: string });
  expect(parsed.map(({ type }) => type)).toEqual(eventfulRun.map(({ type }) => type));
  expect(lines[2]).toBe(
    `{"level":"info","time":1000000000,"type":"step-cached","node":"examples","fromRun":11,"savedMs":12000,"metrics":{},"outputs":[{"port":"examples","type":"Examples","digest":"${'a'.repeat(64)}","bytes":3100000}]}`,
  );
  expect(parsed.filter(({ level }) => level === 'error').map(({ type }) => type)).toEqual(['step-failed', 'run-ended']);
  expect(parsed.find(({ type }) => type === 'step-failed')).toMatchObject({ failure: { code: 'no-space' } });
});

test('of what a step says nothing is written while the reader is too far behind, and that is told', async () => {
  const output = fakeOutput();
  const reporter = await runReporter(output, fakeClock(), options);
  const say = (message: string): void => {
    reporter.report({ type: 'step-log', node: 'a', level: 'info', message });
  };
  say('one');
  output.isBehind = true;
  say('two');
  say('three');
  reporter.report({ type: 'step-canceled', node: 'b' });
  output.isBehind = false;
  say('four');
  const lines = output.text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { message: 'one' },
    { type: 'step-canceled' },
    { level: 'warn', node: 'a', message: '2 lines left out here: the reader of these events is too far behind' },
    { message: 'four' },
  ]);
});

test('control characters stay inside JSON strings', async () => {
  const output = fakeOutput();
  const reporter = await runReporter(output, fakeClock(), options);
  reporter.report(failed('a', { code: 'x', message: '\u001b[2J\n"', hint: undefined, stack: undefined }));
  expect(output.text.split('\n')).toHaveLength(2);
  expect(output.text).not.toContain('\u001b');
});
