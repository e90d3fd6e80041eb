import { describe, expect, test } from '@jest/globals';
import {
  byteSize,
  counted,
  duration,
  metricText,
  moment,
  rateText,
} from '../../../../runner/reporting/text/quantities.js';
import { DIGEST_CUTS, MOMENT_CUTS, tableLines } from '../../../../runner/reporting/text/table.js';

describe('quantities', () => {
  test.each([
    [0, '0ms'],
    [-5, '0ms'],
    [999.4, '999ms'],
    [999.6, '1.0s'],
    [9_949, '9.9s'],
    [9_999, '10s'],
    [59_499, '59s'],
    [59_600, '1m 00s'],
    [3_599_600, '1h 00m'],
    [7_380_000, '2h 03m'],
    [100_800_000, '1d 04h'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [170_052_171, '170 MB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });

  test('metrics, rates, moments and counts', () => {
    expect([0.1 + 0.2, 1, 123_456_789, 1e-9, 0.871_234_567].map(metricText)).toEqual([
      '0.3',
      '1',
      '123457000',
      '1e-9',
      '0.871235',
    ]);
    expect([278.4, 99.6, 34.2, 3.44].map((value) => rateText({ value, unit: 'images' }))).toEqual([
      '278 images/s',
      '100 images/s',
      '34 images/s',
      '3.4 images/s',
    ]);
    expect(moment(1_000_000_000_000)).toBe('2001-09-09 01:46:40Z');
    expect([counted(1, 'node'), counted(2, 'node'), counted(0, 'entry', 'entries')]).toEqual([
      '1 node',
      '2 nodes',
      '0 entries',
    ]);
  });
});

describe('tables', () => {
  const columns = [{ title: 'node' }, { title: 'size', align: 'right' as const }, { title: '' }];
  const rows = [
    ['examples', '3.1 MB', 'a long text that may be cut'],
    ['学習', '17 B', ''],
  ];

  test('are aligned by width', () => {
    expect(tableLines(columns, rows, Infinity)).toEqual([
      'node        size',
      'examples  3.1 MB  a long text that may be cut',
      '学習        17 B',
    ]);
  });

  test('fit the width by cutting the widest column', () => {
    expect(tableLines(columns, rows, 30)).toEqual([
      'node        size',
      'examples  3.1 MB  a long text…',
      '学習        17 B',
    ]);
  });

  test('keep names and numbers whole as long as others can be cut', () => {
    const wide = [
      ['examples.examples', '3.1 MB', 'ModelEvaluation'],
      ['short', '17 B', ''],
    ];
    expect(tableLines(columns, wide, 38)).toEqual([
      'node                 size',
      'examples.examples  3.1 MB  ModelEvalu…',
      'short                17 B',
    ]);
    expect(tableLines(columns, wide, 24)).toEqual(['node        size', 'exam…les  3.1 MB  Model…', 'short       17 B']);
    const marked = [{ title: '' }, { title: '', isName: true }];
    expect(tableLines(marked, [['a long text', 'the name of it']], 24)).toEqual(['a long …  the name of it']);
  });

  test('cut moments and digests where they still say something, and leave them out before that', () => {
    const all = [
      { title: 'name' },
      { title: 'type' },
      { title: 'digest', cuts: DIGEST_CUTS },
      { title: 'made', cuts: MOMENT_CUTS },
    ];
    const table = (width: number): readonly string[] =>
      tableLines(all, [['a.model', 'ModelEvaluation', '0123456789ab', '2026-03-01 12:00:05Z']], width).slice(1);
    expect(table(60)).toEqual(['a.model  ModelEvaluation  0123456789ab  2026-03-01 12:00:05Z']);
    expect(table(57)).toEqual(['a.model  ModelEvaluation  0123456789ab  2026-03-01 12:00']);
    expect(table(48)).toEqual(['a.model  ModelEvaluation  01234567  2026-03-01']);
    expect(table(40)).toEqual(['a.model  ModelEva…  01234567  2026-03-01']);
    expect(table(38)).toEqual(['a.model  ModelEvaluation  0123456789ab']);
    expect(table(24)).toEqual(['a.model  ModelEvaluation']);
    expect(table(16)).toEqual(['a.model  ModelE…']);
  });

  test('of nothing are nothing; cells move no cursor', () => {
    expect(tableLines(columns, [], 80)).toEqual([]);
    expect(tableLines([{ title: '' }], [['\u001b[2Ja\nb']], 80)).toEqual(['a ⏎ b']);
  });
});
