/**
 * Records of archives, changed at random: whatever stands in them is taken in as a whole or refused, and never does more.
 */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import { sha256Hex } from '../../../artifacts/digest.js';
import { openMetadataStore } from '../../../artifacts/metadata/sqlite-metadata-store.js';
import { readRecords } from '../../../runner/history/archive/archive-format.js';
import { recordArchive } from '../../../runner/history/archive/record-archive.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const DIGEST = 'a'.repeat(64);
const document = canonicalJson({ version: 1 });
const fingerprint = sha256Hex(document);
const owner = { pid: 1, started: '2', boot: 'b', host: 'h' };
const execution = {
  record: 'execution',
  run: 1,
  component: 'Command',
  state: 'COMPLETE',
  fingerprint,
  metrics: { accuracy: 0.5 },
  timings: { queuedMs: 1, executeMs: 2, publishMs: 3 },
  resources: { cpuMs: 4, peakMemoryBytes: 5 },
  attempts: 1,
  reusable: true,
  startedAt: 10,
  endedAt: 20,
  inputs: [],
  outputs: [],
};
const bound = { port: 'report', index: 0, artifact: 1 };
const artifact = { record: 'artifact', type: 'File', digest: DIGEST, properties: { span: 1 }, bytes: 1, files: 1 };

/** A run with a step that made an artifact, one that used it, one that was cached, one that failed, one that was skipped. */
const RECORDS: readonly object[] = [
  {
    record: 'run',
    id: 1,
    pipeline: 'p',
    file: 'p.yaml',
    params: { a: 1 },
    state: 'COMPLETE',
    startedAt: 1,
    endedAt: 9,
    owner,
  },
  { record: 'fingerprint', digest: fingerprint, document, sources: '{}' },
  { ...artifact, id: 1, gone: false },
  { ...artifact, id: 2, digest: 'b'.repeat(64), gone: true },
  { ...execution, id: 1, node: 'first', outputs: [bound] },
  { ...execution, id: 2, node: 'second', inputs: [bound], outputs: [{ ...bound, artifact: 2 }], startedAt: 11 },
  { ...execution, id: 3, node: 'again', state: 'CACHED', cachedFrom: 1, outputs: [bound], startedAt: 12 },
  { ...execution, id: 4, node: 'bad', state: 'FAILED', failure: { code: 'x', message: 'y' }, reusable: false },
  {
    ...execution,
    id: 5,
    node: 'left',
    state: 'SKIPPED',
    fingerprint: undefined,
    reason: 'no',
    metrics: {},
    reusable: false,
  },
];

function text(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** Paths to all values inside a value. */
function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, item]) => pathsIn(item).map((path) => [key, ...path]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    0,
    1,
    2,
    3,
    -1,
    1.5,
    2 ** 60,
    '',
    'COMPLETE',
    'CACHED',
    'RUNNING',
    '../x',
    'a\u0000b',
    DIGEST,
    [bound],
    [bound, bound],
    {},
  ),
);

const changed = fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }).map((changes) =>
  changes.reduce<unknown>((records, [pick, by]) => {
    const paths = pathsIn(records).filter((path) => path.length > 0);
    return replaced(records, paths[pick % paths.length] ?? [], by);
  }, RECORDS),
);

describe('records of archives', () => {
  test('are read, and recorded once', () => {
    const metadata = openMetadataStore(join(temporaryFolder(), 'metadata.db'));
    try {
      const records = readRecords(text(RECORDS));
      const witnesses = new Map([[DIGEST, {}]]);
      expect(recordArchive(records, metadata, witnesses)).toMatchObject({ added: 5 });
      expect(recordArchive(records, metadata, witnesses)).toMatchObject({ added: 0 });
      const states = metadata.executionsOf(1).map(({ execution: { node, state } }) => `${node} ${state}`);
      expect(states).toEqual(['first COMPLETE', 'second COMPLETE', 'again CACHED', 'bad FAILED', 'left SKIPPED']);
      expect(metadata.findCompleted(fingerprint)?.execution.node).toBe('first');
      expect(metadata.artifactsByDigest('b'.repeat(64))).toMatchObject([{ gone: true }]);
    } finally {
      metadata.close();
    }
  });

  test('that were changed are refused as bad input, or do no harm', () => {
    const metadata = openMetadataStore(join(temporaryFolder(), 'metadata.db'));
    let refused = 0;
    try {
      fc.assert(
        fc.property(changed, (records) => {
          try {
            const read = readRecords(Array.isArray(records) ? text(records) : JSON.stringify(records));
            recordArchive(read, metadata, new Map([[DIGEST, {}]]));
          } catch (error) {
            expect(error).toMatchObject({ name: 'RequestError', code: 'bad-archive' });
            refused++;
          }
        }),
        { numRuns: 600 },
      );
    } finally {
      metadata.close();
    }
    expect(refused).toBeGreaterThan(100);
  });
});
