import { describe, expect, jest, test } from '@jest/globals';
import type { Breakdown, Completion, MetadataStore, NewExecution } from '../../../artifacts/metadata/metadata-store.js';
import { Publisher } from '../../../runner/execution/publisher.js';
import { RecordedExecution } from '../../../runner/execution/recorded-execution.js';
import { journal, type Journal } from '../../rig/journal.js';

const EXECUTION = { node: 'a' } as NewExecution;
const COMPLETION = {} as Completion;
const STORE = { publish: () => Promise.resolve([]) };
const BREAKDOWN = {} as Breakdown;

/** A store that only writes down what it is told. */
function told({ transaction, write }: Journal): MetadataStore {
  let id = 0;
  return {
    transaction,
    beginExecution: () => {
      write('begin');
      return ++id;
    },
    completeExecution: (execution: number) => {
      write(`complete ${String(execution)}`);
      return [];
    },
    recordCompleted: () => {
      write('completed');
      return { id: ++id, made: [] };
    },
    failExecution: (execution: number) => {
      write(`fail ${String(execution)}`);
    },
  } as unknown as MetadataStore;
}

describe('an execution on its way into the records', () => {
  test.each<[string, 'begin' | 'beginSoon', readonly string[]]>([
    ['written once, as a whole, when it was over before anybody could see it', 'beginSoon', ['completed']],
    ['completed where it has begun', 'begin', ['begin', 'complete 1']],
  ])('is %s', async (_, begin, written) => {
    const kept = journal();
    const metadata = told(kept);
    const publisher = new Publisher(STORE, metadata);
    const record = new RecordedExecution(metadata, EXECUTION);
    record[begin]();
    const completed = record.complete(publisher, [], COMPLETION);
    publisher.flush();
    await completed;
    expect(kept.written).toEqual(written);
  });

  test('is seen after a while, and a failure to write it is left to the end', () => {
    jest.useFakeTimers();
    try {
      const kept = journal();
      const metadata = told(kept);
      const record = new RecordedExecution(metadata, EXECUTION);
      record.beginSoon();
      kept.breakNext(1);
      jest.advanceTimersByTime(1000);
      expect(kept.written).toEqual([]);
      record.fail(BREAKDOWN);
      expect(kept.written).toEqual(['begin', 'fail 1']);
      const other = new RecordedExecution(metadata, EXECUTION);
      other.beginSoon();
      jest.advanceTimersByTime(1000);
      expect(kept.written).toEqual(['begin', 'fail 1', 'begin']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('fails as a whole, or stays as it was', () => {
    const kept = journal();
    const metadata = told(kept);
    const record = new RecordedExecution(metadata, EXECUTION);
    kept.breakNext(2);
    expect(() => {
      record.fail(BREAKDOWN);
    }).toThrow('disk full');
    expect(kept.written).toEqual([]);
    record.fail(BREAKDOWN);
    expect(kept.written).toEqual(['begin', 'fail 2']);
  });
});
