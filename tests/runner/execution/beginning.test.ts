import { describe, expect, jest, test } from '@jest/globals';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import { Beginning } from '../../../runner/execution/beginning.js';

/** Runs work as a transaction that forgets what was written when it throws. */
function journal(): { readonly written: string[]; readonly metadata: MetadataStore; begin: () => number } {
  const written: string[] = [];
  const transaction = <T>(work: () => T): T => {
    const before = written.length;
    try {
      return work();
    } catch (error) {
      written.length = before;
      throw error;
    }
  };
  let id = 0;
  return {
    written,
    metadata: { transaction } as MetadataStore,
    begin: () => {
      id++;
      written.push(`begin ${String(id)}`);
      return id;
    },
  };
}

describe('the record that an execution has begun', () => {
  test('is written once, with the end when nobody has asked for it before', () => {
    const { written, metadata, begin } = journal();
    const beginning = new Beginning(begin);
    beginning.recordSoon();
    expect(written).toEqual([]);
    beginning.end(metadata, (id) => written.push(`end ${String(id)}`));
    expect(written).toEqual(['begin 1', 'end 1']);
    expect(beginning.record()).toBe(1);
  });

  test('is written anew when the end could not be', () => {
    const { written, metadata, begin } = journal();
    const beginning = new Beginning(begin);
    const broken = (): never => {
      throw new Error('disk full');
    };
    expect(() => beginning.end(metadata, broken)).toThrow('disk full');
    expect(written).toEqual([]);
    beginning.end(metadata, (id) => written.push(`failed ${String(id)}`));
    expect(written).toEqual(['begin 2', 'failed 2']);
  });

  test('stays when only the end could not be written', () => {
    const { written, metadata, begin } = journal();
    const beginning = new Beginning(begin);
    beginning.record();
    expect(() =>
      beginning.end(metadata, () => {
        throw new Error('disk full');
      }),
    ).toThrow('disk full');
    beginning.end(metadata, (id) => written.push(`failed ${String(id)}`));
    expect(written).toEqual(['begin 1', 'failed 1']);
  });

  test('is seen after a while, and a failure to write it is left to the end', () => {
    jest.useFakeTimers();
    try {
      const { written, metadata, begin } = journal();
      new Beginning(begin).recordSoon();
      const full = new Beginning(() => {
        throw new Error('disk full');
      });
      full.recordSoon();
      jest.advanceTimersByTime(1000);
      expect(written).toEqual(['begin 1']);
      expect(() => full.end(metadata, () => 0)).toThrow('disk full');
    } finally {
      jest.useRealTimers();
    }
  });
});
