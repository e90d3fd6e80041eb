import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Database } from '../../artifacts/metadata/database.js';
import type { MetadataStore, NewExecution } from '../../artifacts/metadata/metadata-store.js';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import { Examples, Model } from '../../artifacts/types.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const digest = (letter: string): string => letter.repeat(64);

function beginRun(store: MetadataStore, pipeline = 'p'): number {
  return store.beginRun({ pipeline, file: 'p.yaml', params: { epochs: 3 }, startedAt: 1000, owner: currentProcess() })
    .id;
}

function execution(runId: number, node: string, inputs: NewExecution['inputs'] = []): NewExecution {
  return {
    runId,
    node,
    inputs,
    component: 'Trainer',
    startedAt: 1001,
    log: `logs/1/${node}.log`,
    fingerprint: { digest: digest('f'), document: '{"seed":1}', sources: '{}' },
  };
}

function complete(store: MetadataStore, id: number, letter: string): number {
  const [made] = store.completeExecution(id, {
    outputs: [
      {
        port: 'model',
        index: 0,
        type: 'Model',
        digest: digest(letter),
        properties: { parameters: 7, backend: 'cpu', note: 'x' },
        bytes: 10,
        files: 1,
        witness: { f: [1, '2', '3', '4'] },
      },
    ],
    metrics: { accuracy: 0.1 + 0.2, whole: 1 },
    timings: { queuedMs: 1, executeMs: 2, publishMs: 3 },
    resources: { cpuMs: 4, peakMemoryBytes: undefined },
    attempts: 1,
    endedAt: 2000,
    reusable: true,
  });
  if (made === undefined) throw new Error('no artifact');
  return made.artifact.id;
}

describe('what executions took and used', () => {
  const failure = { code: 'timeout', message: 'too long' };

  test('is kept, of those that failed too', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    store.registerTypes([Examples, Model]);
    const run = beginRun(store);
    const done = store.beginExecution(execution(run, 'trainer'));
    complete(store, done, 'a');
    const failed = store.beginExecution(execution(run, 'tuner'));
    const timings = { queuedMs: 5, executeMs: 6, publishMs: 0 };
    const resources = { cpuMs: undefined, peakMemoryBytes: 8 };
    store.failExecution(failed, { state: 'FAILED', failure, timings, resources, attempts: 1, endedAt: 2000 });
    expect(store.execution(done)?.execution.resources).toEqual({ cpuMs: 4, peakMemoryBytes: undefined });
    expect(store.execution(failed)?.execution).toMatchObject({ timings, resources });
  });

  test('is not known of executions that an earlier release recorded', () => {
    const path = join(temporaryFolder(), 'm.db');
    const store = openMetadataStore(path);
    store.registerTypes([Examples, Model]);
    const id = store.beginExecution(execution(beginRun(store), 'trainer'));
    complete(store, id, 'a');
    const database = new Database(path);
    database.run('UPDATE pipeline_execution SET timings = ?', '{"executeMs":2,"publishMs":3,"queuedMs":1}');
    database.close();
    const { timings, resources } = store.execution(id)?.execution ?? {};
    expect([timings, resources]).toEqual([{ executeMs: 2, publishMs: 3, queuedMs: 1 }, undefined]);
  });

  test('is asked for by node, newest first, of those that completed', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    store.registerTypes([Examples, Model]);
    const run = beginRun(store);
    complete(store, store.beginExecution(execution(run, 'trainer')), 'a');
    const failed = store.beginExecution(execution(run, 'trainer'));
    const timings = { queuedMs: 5, executeMs: 6, publishMs: 0 };
    store.failExecution(failed, {
      state: 'FAILED',
      failure,
      timings,
      resources: undefined,
      attempts: 1,
      endedAt: 2000,
    });
    const step = { pipeline: 'p', node: 'trainer', component: 'Trainer', limit: 5 };
    expect(store.recentTimings(step)).toEqual([{ queuedMs: 1, executeMs: 2, publishMs: 3 }]);
    expect(store.recentTimings({ ...step, pipeline: 'q' })).toEqual([]);
    expect(store.recentTimings({ ...step, node: 'tuner' })).toEqual([]);
  });
});

describe('the metadata store', () => {
  test('records nothing as cached whose outputs were retired, until they are revived', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    store.registerTypes([Examples, Model]);
    const id = store.beginExecution(execution(beginRun(store), 'trainer'));
    complete(store, id, 'a');
    const found = store.findCompleted(digest('f'));
    if (found === undefined) throw new Error('it is not found');
    const standing = store.standing(digest('a'));
    expect(standing).toEqual({ executions: [id], witness: { f: [1, '2', '3', '4'] } });
    store.retireArtifact(digest('a'));
    const later = execution(beginRun(store), 'trainer');
    expect(store.recordCached(later, found, 3000)).toBeUndefined();
    expect(store.executionsOf(later.runId)).toEqual([]);
    store.reviveArtifact(digest('a'), standing);
    expect(store.recordCached(later, found, 3000)).toBeGreaterThan(id);
    store.close();
  });

  test('finds what was completed, with exact metrics, after it was opened anew', () => {
    const path = join(temporaryFolder(), 'm.db');
    const store = openMetadataStore(path);
    store.registerTypes([Examples, Model]);
    const run = beginRun(store);
    const id = store.beginExecution(execution(run, 'trainer'));
    expect(store.findCompleted(digest('f'))).toBeUndefined();
    complete(store, id, 'a');
    store.endRun(run, 'COMPLETE', 3000);
    store.close();

    const again = openMetadataStore(path);
    expect(again.findCompleted(digest('f'))).toMatchObject({
      execution: {
        id,
        runId: run,
        pipeline: 'p',
        node: 'trainer',
        state: 'COMPLETE',
        metrics: { accuracy: 0.1 + 0.2, whole: 1 },
        attempts: 1,
      },
      outputs: [
        {
          port: 'model',
          index: 0,
          artifact: { digest: digest('a'), type: 'Model', properties: { parameters: 7, backend: 'cpu', note: 'x' } },
        },
      ],
    });
    expect(again.run(run)).toMatchObject({ state: 'COMPLETE', params: { epochs: 3 }, endedAt: 3000 });
    expect(again.witness(digest('a'))).toEqual({ f: [1, '2', '3', '4'] });
    again.close();
  });

  test('a cached execution has the outputs of the earlier one, under its own run', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    const origin = store.beginExecution(execution(beginRun(store), 'trainer'));
    const artifactId = complete(store, origin, 'a');
    const second = beginRun(store);
    const earlier = store.execution(origin);
    if (earlier === undefined) throw new Error('the execution is gone');
    const cached = store.recordCached(execution(second, 'trainer'), earlier, 4000);
    expect(store.executionsOf(second)).toMatchObject([
      { execution: { id: cached, state: 'CACHED', cachedFrom: origin }, outputs: [{ artifact: { id: artifactId } }] },
    ]);
    expect(store.eventsOfArtifact(artifactId).map((event) => event.executionId)).toEqual([origin, cached]);
    store.close();
  });

  test('many executions recorded in one transaction are all there, each with its own events', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    const count = 130;
    const names = Array.from({ length: count }, (_, i) => `n${String(i)}`);
    const first = beginRun(store);
    const origins = names.map((name) => {
      const id = store.beginExecution(execution(first, name));
      complete(store, id, 'a');
      return store.execution(id);
    });
    const second = beginRun(store);
    const ids = store.transaction(() =>
      origins.flatMap((origin, i) =>
        origin === undefined ? [] : [store.recordCached(execution(second, names[i] ?? ''), origin, 4000)],
      ),
    );
    expect(new Set(ids).size).toBe(count);
    const recorded = store.executionsOf(second);
    expect(recorded.map(({ execution: { id, node } }) => [id, node])).toEqual(ids.map((id, i) => [id, names[i]]));
    recorded.forEach(({ outputs }, i) => {
      expect(outputs.map(({ artifact }) => artifact.id)).toEqual(
        origins[i]?.outputs.map(({ artifact }) => artifact.id),
      );
    });
    expect(store.eventsOfExecution(ids[77] ?? 0)).toMatchObject([{ direction: 'output', port: 'model' }]);
    store.close();
  });

  test('one artifact may come in at several ports', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    const run = beginRun(store);
    const artifactId = complete(store, store.beginExecution(execution(run, 'a')), 'a');
    const id = store.beginExecution(
      execution(run, 'b', [
        { port: 'x', index: 0, artifactId },
        { port: 'x', index: 1, artifactId },
        { port: 'y', index: 0, artifactId },
      ]),
    );
    expect(store.execution(id)?.inputs.map(({ port, index }) => `${port}${String(index)}`)).toEqual(['x0', 'x1', 'y0']);
    store.close();
  });

  test('a retired artifact is no longer offered', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    complete(store, store.beginExecution(execution(beginRun(store), 'a')), 'a');
    store.retireArtifact(digest('a'));
    expect(store.findCompleted(digest('f'))).toBeUndefined();
    expect(store.witness(digest('a'))).toBeUndefined();
    store.close();
  });

  test('runs of dead processes are closed, of live ones not', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    const dead = beginRun(store);
    const id = store.beginExecution(execution(dead, 'a'));
    expect(store.closeDeadRuns(() => true, 9)).toEqual([]);
    expect(store.closeDeadRuns(() => false, 9).map((run) => run.id)).toEqual([dead]);
    expect(store.run(dead)).toMatchObject({ state: 'FAILED', endedAt: 9 });
    expect(store.execution(id)?.execution).toMatchObject({ state: 'FAILED', failure: { code: 'process-died' } });
    store.close();
  });

  test('a transaction that throws leaves nothing', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    expect(() =>
      store.transaction(() => {
        beginRun(store);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(store.runs({})).toEqual([]);
    store.close();
  });

  test('lists runs, artifacts and similar executions, newest first', () => {
    const store = openMetadataStore(join(temporaryFolder(), 'm.db'));
    const p = beginRun(store);
    const q = beginRun(store, 'q');
    const first = complete(store, store.beginExecution(execution(p, 'a')), 'a');
    const second = complete(store, store.beginExecution(execution(q, 'b')), 'b');
    expect(store.runs({}).map(({ id }) => id)).toEqual([q, p]);
    expect(store.runs({ pipeline: 'p' }).map(({ id }) => id)).toEqual([p]);
    expect(store.artifacts({}).map(({ id }) => id)).toEqual([second, first]);
    expect(store.artifacts({ pipeline: 'p', type: 'Model' }).map(({ id }) => id)).toEqual([first]);
    expect(store.artifacts({ type: 'Examples' })).toEqual([]);
    expect(store.artifactsByDigest('bbb').map(({ id }) => id)).toEqual([second]);
    expect(store.artifactsByDigest("' OR 1")).toEqual([]);
    const executions = {
      node: { pipeline: 'p', node: 'a', component: 'Trainer' },
      component: { component: 'Trainer' },
    };
    expect(store.executionsOfNode({ ...executions.node, limit: 5 }).map(({ node }) => node)).toEqual(['a']);
    const [newest] = store.executionsOfComponent({ ...executions.component, limit: 1 });
    expect(newest?.node).toBe('b');
    const earlier = store.executionsOfComponent({ ...executions.component, before: newest?.id ?? 0, limit: 5 });
    expect(earlier.map(({ node }) => node)).toEqual(['a']);
    store.close();
  });

  test('files of other programs and formats are refused', () => {
    const garbage = join(temporaryFolder(), 'm.db');
    writeFileSync(garbage, 'this is no database, only a text that is long enough to be looked at');
    expect(() => openMetadataStore(garbage)).toThrow('is damaged or no SQLite file');
    const foreign = join(temporaryFolder(), 'm.db');
    const other = new Database(foreign);
    other.execute('CREATE TABLE notes (text TEXT)');
    other.close();
    expect(() => openMetadataStore(foreign)).toThrow('database of another program');
    const newer = join(temporaryFolder(), 'm.db');
    openMetadataStore(newer).close();
    const raised = new Database(newer);
    raised.execute('UPDATE pipeline_format SET version = 99');
    raised.close();
    expect(() => openMetadataStore(newer)).toThrow('metadata format 99');
  });

  test('values that the driver would swallow or die of are refused', () => {
    const database = new Database(join(temporaryFolder(), 'm.db'));
    database.execute('CREATE TABLE t (x INT, y DOUBLE)');
    expect(() => database.run('INSERT INTO t VALUES (?, ?)', 1)).toThrow('1 values for 2 parameters');
    expect(() => database.run('INSERT INTO t VALUES (?, ?)', NaN, 1)).toThrow('NaN');
    expect(() => database.run('INSERT INTO t VALUES (?, ?)', true as unknown as number, 1)).toThrow();
    database.run('INSERT INTO t VALUES (?, ?)', 5, { double: 2 });
    expect(database.get('SELECT typeof(x) AS x, typeof(y) AS y FROM t')).toMatchObject({ x: 'integer', y: 'real' });
    database.close();
  });
});
