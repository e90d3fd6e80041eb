/**
 * Runs that are noted beside the metadata, and taken in by the next command that opens it.
 */
import { appendFileSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { Database } from '../../artifacts/metadata/database.js';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import { faultsOf, notedRuns, rows } from '../faults/stored.js';
import { events, pipeline } from '../rig/cli.js';
import { executed, runPipeline, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const nodes = { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) };

function logOf(folder: string): string {
  return join(folder, '.pipeline', 'metadata.db-repeats');
}

function noted(folder: string): number | undefined {
  return notedRuns(join(folder, '.pipeline'));
}

/** Runs, and answers the number that was told. */
async function run(folder: string, ...args: readonly string[]): Promise<number> {
  const { status, stdout, stderr } = await pipeline(folder, ['run', ...args, '--json']);
  expect([status, stderr]).toEqual([0, '']);
  return Number(events(stdout).find(({ type }) => type === 'run-started')?.['run']);
}

/** Runs until one was noted, and answers its number. */
async function settle(folder: string, ...args: readonly string[]): Promise<number> {
  for (let tries = 0; tries < 5; tries++) {
    const before = noted(folder) ?? 0;
    const number = await run(folder, ...args);
    if ((noted(folder) ?? 0) > before) return number;
  }
  throw new Error('no run was noted');
}

async function numbers(folder: string): Promise<readonly number[]> {
  const { status, stdout, stderr } = await pipeline(folder, ['runs', '--limit', '1000', '--json']);
  expect([status, stderr]).toEqual([0, '']);
  const [{ runs } = { runs: [] }] = events(stdout) as readonly { runs: { run: number; state: string }[] }[];
  expect(runs.every(({ state }) => state === 'COMPLETE')).toBe(true);
  return runs.map((each) => each.run).reverse();
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function settled(): Promise<{ readonly folder: string; readonly last: number }> {
  const folder = temporaryFolder();
  writePipeline(folder, nodes);
  return { folder, last: await settle(folder, 'p.yaml') };
}

describe('a run that is noted', () => {
  test('leaves the metadata as it is, and is on record for whoever looks back', async () => {
    const { folder, last } = await settled();
    const root = join(folder, '.pipeline');
    const database = readFileSync(join(root, 'metadata.db-wal'));
    expect(await run(folder, 'p.yaml')).toBe(last + 1);
    expect(readFileSync(join(root, 'metadata.db-wal')).equals(database)).toBe(true);
    expect(noted(folder)).toBe(2);
    expect(await numbers(folder)).toEqual(upTo(last + 1));
    expect(noted(folder)).toBeUndefined();
    expect((await pipeline(folder, ['show', String(last + 1)])).stdout).toMatch(/first .*cached, from run 1/u);
    expect(await settle(folder, 'p.yaml')).toBe(last + 3);
    expect(executed(folder, 'first')).toBe(1);
    expect(faultsOf(root)).toEqual([]);
  });

  test('has its number from a log that two pipelines share', async () => {
    const { folder, last } = await settled();
    const text = readFileSync(join(folder, 'p.yaml'), 'utf8');
    writeFileSync(join(folder, 'other.yaml'), text.replace('name: demo', 'name: other'));
    const other = await settle(folder, 'other.yaml');
    expect(await settle(folder, 'p.yaml')).toBeGreaterThan(last);
    // Both were repeated since the metadata was opened last: from now on neither opens it.
    const before = noted(folder) ?? 0;
    const told = [await run(folder, 'other.yaml'), await run(folder, 'p.yaml'), await run(folder, 'other.yaml')];
    expect(noted(folder)).toBe(before + 3);
    const [first = 0] = told;
    expect(first).toBeGreaterThan(other);
    expect(told).toEqual([first, first + 1, first + 2]);
    expect(await numbers(folder)).toEqual(upTo(first + 2));
    const { stdout } = await pipeline(folder, ['runs', '--pipeline', 'other', '--limit', '1', '--json']);
    expect(events(stdout)[0]).toMatchObject({ runs: [{ run: first + 2, pipeline: 'other' }] });
  });

  test('never shares its number with another, whoever runs and looks back at the same time', async () => {
    const { folder, last } = await settled();
    const told: number[] = [];
    const worker = async (): Promise<void> => {
      for (let count = 0; count < 6; count++) told.push(await run(folder, 'p.yaml', '--jobs', '2'));
    };
    const looking = async (): Promise<void> => {
      for (let count = 0; count < 3; count++) expect((await pipeline(folder, ['runs'])).status).toBe(0);
    };
    // By a command line of its own, which each of them repeats.
    await settle(folder, 'p.yaml', '--jobs', '2');
    await Promise.all([worker(), worker(), looking()]);
    const recorded = await numbers(folder);
    expect(new Set(told).size).toBe(told.length);
    expect(recorded).toEqual(expect.arrayContaining(told));
    expect(new Set(recorded).size).toBe(recorded.length);
    expect(told.every((number) => number > last)).toBe(true);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  }, 60_000);

  test('is seen by who has had the metadata open since before', async () => {
    const { folder } = await settled();
    const metadata = openMetadataStore(join(folder, '.pipeline', 'metadata.db'));
    const last = await settle(folder, 'p.yaml');
    expect(metadata.runs({ limit: 1 })).toMatchObject([{ id: last, state: 'COMPLETE' }]);
    expect(await settle(folder, 'p.yaml')).toBe(last + 2);
    expect(metadata.run(last + 2)).toMatchObject({ pipeline: 'demo' });
    expect(metadata.countRuns({})).toBe(last + 2);
    metadata.close();
  });

  test('waits while another program holds the metadata, which is told', async () => {
    const { folder, last } = await settled();
    const database = new Database(join(folder, '.pipeline', 'metadata.db'));
    database.execute('BEGIN IMMEDIATE');
    const locked = await pipeline(folder, ['runs', '--json']);
    expect(locked.stderr).toBe(
      '1 run in which nothing had changed is not shown: the metadata cannot be written just now\n',
    );
    expect(events(locked.stdout)[0]).toMatchObject({ runs: [{ run: last - 1 }, ...upTo(last - 2).map(() => ({}))] });
    database.execute('ROLLBACK');
    database.close();
    expect(await numbers(folder)).toEqual(upTo(last));
  });

  test('is taken in before a run that goes the whole way has its number', async () => {
    const { folder, last } = await settled();
    writePipeline(folder, { first: nodes.first, second: step('second', 'c', { in: 'first.report' }) });
    expect(await runPipeline(folder)).toEqual({ first: 'cached', second: 'completed' });
    expect(await numbers(folder)).toEqual(upTo(last + 1));
  });

  test('is taken in once there are many', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { first: step('first', 'a') }, 'demo', ['params: {note: none}']);
    const args = ['p.yaml', '--set', `note=${'long '.repeat(6000)}`];
    let last = await settle(folder, ...args);
    for (let count = 0; count < 4; count++) {
      expect(await run(folder, ...args)).toBe(last + 1);
      last++;
      expect(noted(folder)).toBeLessThanOrEqual(3);
    }
    expect(await numbers(folder)).toEqual(upTo(last));
  });
});

describe('a log of repeats', () => {
  test('that was torn loses what nobody was told, and nothing else', async () => {
    const { folder, last } = await settled();
    const [, note = ''] = readFileSync(logOf(folder), 'utf8').split('\n');
    appendFileSync(logOf(folder), `\n${note.slice(0, -9)}`);
    expect(await run(folder, 'p.yaml')).toBe(last + 1);
    expect(await numbers(folder)).toEqual(upTo(last + 1));
  });

  test('of another state of the metadata takes no more notes, and what it has is taken in once', async () => {
    const { folder, last } = await settled();
    const kept = join(folder, 'kept');
    copyFileSync(logOf(folder), kept);
    expect(await numbers(folder)).toEqual(upTo(last));
    // As if the process that took it in had died before it removed the log.
    copyFileSync(kept, `${logOf(folder)}-closed-1`);
    copyFileSync(kept, logOf(folder));
    expect(await run(folder, 'p.yaml')).toBe(last + 1);
    expect(await numbers(folder)).toEqual(upTo(last + 1));
  });

  test('is not lost when one before it was left closed, and whoever takes both in dies', async () => {
    const { folder, last } = await settled();
    expect(await run(folder, 'p.yaml')).toBe(last + 1);
    const [first = '', ...notes] = readFileSync(logOf(folder), 'utf8').split('\n');
    const basis = JSON.parse(first.slice(65)) as { readonly lastRun: number };
    const next = canonicalJson({ ...basis, lastRun: basis.lastRun + 1 });
    writeFileSync(`${logOf(folder)}-closed-1`, [first, notes[0]].join('\n'));
    writeFileSync(logOf(folder), [`${sha256Hex(next)} ${next}`, notes[1]].join('\n'));
    // At the commit, after: opening the file, beginning, moving the log aside.
    const killed = await pipeline(folder, ['runs'], { PIPELINE_FAULT: `SIGKILL@4:${join(folder, 'changes')}` });
    expect(killed.status).toBeNull();
    expect(readFileSync(join(folder, 'changes'), 'utf8')).toMatch(/rename .*\ncommit .*\n$/u);
    expect(await numbers(folder)).toEqual(upTo(last + 1));
    expect(noted(folder)).toBeUndefined();
  });

  test('without its metadata says nothing', async () => {
    const { folder } = await settled();
    const root = join(folder, '.pipeline');
    for (const end of ['', '-wal', '-shm']) renameSync(join(root, `metadata.db${end}`), join(folder, `old${end}`));
    expect(await run(folder, 'p.yaml')).toBe(1);
    expect(await numbers(folder)).toEqual([1]);
    expect(rows(root, 'SELECT id FROM pipeline_run')).toEqual([{ id: 1 }]);
  });
});
