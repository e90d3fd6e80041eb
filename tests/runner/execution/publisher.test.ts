import { describe, expect, jest, test } from '@jest/globals';
import type { SealedArtifact, StoredArtifact } from '../../../artifacts/store/artifact-store.js';
import { Publisher } from '../../../runner/execution/publisher.js';
import { journal } from '../../rig/journal.js';

/** A store that refuses what is called so; and what it was asked for at once. */
function store(refused = ''): { calls: string[][]; publish: Publish } {
  const calls: string[][] = [];
  const publish: Publish = (sealed) => {
    calls.push(sealed.map(({ digest }) => digest));
    return Promise.resolve(
      sealed.map(({ digest }) =>
        digest === refused
          ? { status: 'rejected', reason: new Error(`${digest} is full`) }
          : { status: 'fulfilled', value: { digest } as StoredArtifact },
      ),
    );
  };
  return { calls, publish };
}

type Publish = (sealed: readonly SealedArtifact[]) => Promise<readonly PromiseSettledResult<StoredArtifact>[]>;

function sealed(digest: string, discarded: string[] = []): SealedArtifact {
  const discard = (): Promise<void> => {
    discarded.push(digest);
    return Promise.resolve();
  };
  return { digest, discard } as SealedArtifact;
}

describe('what steps have made is published together', () => {
  test('in one go and one transaction, in order, and told afterwards', async () => {
    const kept = journal();
    const artifacts = store();
    const publisher = new Publisher(artifacts, kept);
    const told: string[] = [];
    const all = ['a', 'b', 'c'].map(async (digest) => {
      const length = await publisher.add([sealed(digest)], ([stored]) => {
        kept.write(`${digest} is ${String(stored?.digest)}`);
        return kept.written.length;
      });
      told.push(`${digest} ${String(length)} ${String(kept.commits())}`);
    });
    expect(artifacts.calls).toEqual([]);
    publisher.flush();
    await Promise.all(all);
    expect(artifacts.calls).toEqual([['a', 'b', 'c']]);
    expect(kept.written).toEqual(['a is a', 'b is b', 'c is c']);
    expect(told).toEqual(['a 1 1', 'b 2 1', 'c 3 1']);
  });

  test('and one that cannot be keeps no other from it', async () => {
    const kept = journal();
    const discarded: string[] = [];
    const publisher = new Publisher(store('b'), kept);
    const write = (word: string) => (): void => {
      kept.write(word);
    };
    const all = [
      publisher.add([sealed('a', discarded)], write('a')),
      publisher.add([sealed('x', discarded), sealed('b', discarded)], write('b')),
      publisher.add([sealed('c', discarded), sealed('d', discarded)], write('c')),
    ];
    publisher.flush();
    const ends = await Promise.allSettled(all);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(ends[1]).toMatchObject({ reason: { message: 'b is full' } });
    expect(kept.written).toEqual(['a', 'c']);
    expect(discarded).toEqual(['x', 'b']);
  });

  test('each by itself when their records cannot be kept together', async () => {
    const kept = journal();
    const publisher = new Publisher(store(), kept);
    const all = ['a', 'bad', 'c'].map((word) =>
      publisher.add([sealed(word)], () => {
        if (word === 'bad') throw new Error('no such run');
        kept.write(word);
      }),
    );
    publisher.flush();
    const ends = await Promise.allSettled(all);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(kept.written).toEqual(['a', 'c']);
    expect(kept.commits()).toBe(2);
  });

  test('a record that cannot be kept alone is not written again', async () => {
    const kept = journal();
    const publisher = new Publisher(store(), kept);
    let calls = 0;
    const lost = publisher.add([], () => {
      calls++;
      throw new Error('disk full');
    });
    publisher.flush();
    await expect(lost).rejects.toThrow('disk full');
    expect(calls).toBe(1);
  });

  test('after a while, whoever else may come', async () => {
    jest.useFakeTimers();
    try {
      const kept = journal();
      const artifacts = store();
      const publisher = new Publisher(artifacts, kept);
      const added = publisher.add([sealed('a')], () => 'a');
      jest.advanceTimersByTime(19);
      expect(artifacts.calls).toEqual([]);
      jest.advanceTimersByTime(1);
      await expect(added).resolves.toBe('a');
    } finally {
      jest.useRealTimers();
    }
  });

  test('at once when they are many; what comes while it is at work goes together next', async () => {
    const kept = journal();
    const artifacts = store();
    const publisher = new Publisher(artifacts, kept);
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const added = publisher.add([sealed(String(index))], () => {
          kept.write(String(index));
        });
        if (index === 99) publisher.flush();
        return added;
      }),
    );
    expect(artifacts.calls.map(({ length }) => length)).toEqual([8, 92]);
    expect(kept.written).toHaveLength(100);
    expect(kept.commits()).toBe(2);
  });
});
