import { describe, expect, test } from '@jest/globals';
import { durationInMs, durationText } from '../../../runner/config/duration.js';

describe('durations as they are typed', () => {
  test.each([
    ['300ms', 300, '300ms'],
    ['2000ms', 2000, '2s'],
    ['90s', 90_000, '1m30s'],
    ['1h30m', 5_400_000, '1h30m'],
    ['48h', 172_800_000, '48h'],
    ['1h1ms', 3_600_001, '1h1ms'],
  ])('%s are %i milliseconds, told as %s', (text, milliseconds, told) => {
    expect(durationInMs(text, ['h', 'm', 's', 'ms'])).toBe(milliseconds);
    expect(durationText(milliseconds)).toBe(told);
  });

  test.each(['', '0s', '5', 's', '1.5h', '1h 30m', '-1s', '1d', '1234567s'])('%j is none', (text) => {
    expect(durationInMs(text, ['h', 'm', 's', 'ms'])).toBeUndefined();
  });
});
