import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LogFile } from '../../../../runner/reporting/logs/log-file.js';
import { stepLogs } from '../../../../runner/reporting/logs/step-logs.js';
import { fakeClock } from '../../../rig/fake-output.js';
import { completed, failed, log, runStarted, started } from '../../../rig/run-events.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

describe('step logs', () => {
  test('a file a step, with times, whole when the step has ended', () => {
    const root = temporaryFolder();
    const clock = fakeClock();
    const logs = stepLogs(root, clock, () => undefined);
    const path = (node: string): string => join(root, 'logs', 'run-12', `${node}.log`);
    for (const event of [runStarted('a', 'b', 'c'), started('a'), log('a', 'epoch 1\u001b[2J'), started('b')]) {
      logs.report(event);
    }
    clock.advance(10);
    for (const event of [log('a', 'grey', 'warn'), failed('a'), log('b', 'one'), started('c'), completed('c')]) {
      logs.report(event);
    }
    expect(readFileSync(path('a'), 'utf8')).toBe(
      [
        '1970-01-12T13:46:40.000Z info epoch 1',
        '1970-01-12T13:46:40.010Z warn grey',
        '1970-01-12T13:46:40.010Z failed[no-space]: the search space is empty',
        'it has no hyperparameter',
        '1970-01-12T13:46:40.010Z help: add one to `space`',
        '',
      ].join('\n'),
    );
    expect(existsSync(path('b'))).toBe(false);
    expect(existsSync(path('c'))).toBe(false);
    clock.advance(1000);
    expect(readFileSync(path('b'), 'utf8')).toContain('one');
    logs.report(log('b', 'two'));
    logs.close();
    logs.close();
    expect(readFileSync(path('b'), 'utf8')).toContain('two');
    expect(clock.timers).toBe(0);
  });

  test('a disk that takes no logs is told once, and harms nothing', () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'logs'), 'a file in the way');
    const problems: string[] = [];
    const logs = stepLogs(root, fakeClock(), (node, message) => problems.push(`${node}: ${message}`));
    for (const event of [runStarted('a', 'b'), log('a', 'x'), failed('a'), log('b', 'y'), completed('b')]) {
      logs.report(event);
    }
    logs.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('a: logs of steps cannot be written');
  });
});

describe('a log file', () => {
  test('keeps its beginning and its end', () => {
    const path = join(temporaryFolder(), 'deep', 'a.log');
    const file = new LogFile(path, { head: 20, tail: 20 });
    for (let line = 0; line < 100; line++) file.add(`line ${String(line)}`);
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('line 0\nline 1\n… 96 lines are left out here …\nline 98\nline 99\n');
  });

  test('is appended to by a further attempt', () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'a.log');
    for (const text of ['one', 'two']) {
      const file = new LogFile(path);
      file.add(text);
      file.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });
});
