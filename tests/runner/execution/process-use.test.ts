import { expect, test } from '@jest/globals';
import { memoryIn } from '../../../runner/execution/process-use.js';

const status = (exe: number, resident: number, peak: number): string =>
  [
    `VmPeak:\t 172 kB`,
    `VmHWM:\t ${String(peak)} kB`,
    `VmRSS:\t ${String(resident)} kB`,
    `VmExe:\t ${String(exe)} kB`,
  ].join('\n');

test.each([
  ['a program', status(76, 1500, 1652), { memoryBytes: 1500 * 1024, peakBytes: 1652 * 1024 }],
  ['one whose code is not there yet', status(0, 1500, 1652), { memoryBytes: 0, peakBytes: 0 }],
  ['one that has a few pages only', status(76, 12, 12), { memoryBytes: 0, peakBytes: 0 }],
  ['one that has ended, and is not taken note of', 'State:\tZ (zombie)\n', { memoryBytes: 0, peakBytes: 0 }],
])('memory of %s', (_, text, memory) => {
  expect(memoryIn(text)).toEqual(memory);
});
