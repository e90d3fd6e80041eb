/**
 * Stores that cannot be used as they are: what is said, and that nothing in them is lost.
 */
import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../artifacts/metadata/database.js';
import { events, pipeline } from '../rig/cli.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';
import { faultsOf, filesBelow, rows } from './stored.js';

const temporaryFolder = temporaryFolders();

const PIPELINE = [
  'version: 1',
  'name: demo',
  'nodes:',
  '  first: {component: Command, outputs: {text: File}, params: {argv: [sh, step.sh, "${outputs.text}", one]}}',
  '  second:',
  '    component: Command',
  '    inputs: {text: first.text}',
  '    outputs: {text: File}',
  '    params: {argv: [sh, step.sh, "${outputs.text}", two, "${inputs.text}"]}',
];

function write(folder: string): string {
  writeFileSync(join(folder, 'p.yaml'), PIPELINE.join('\n'));
  writeFileSync(join(folder, 'step.sh'), 'printf x >> count\nprintf %s "$2" > "$1/data"\n');
  return join(folder, '.pipeline');
}

const template = sharedFolder();
beforeAll(async () => {
  write(template);
  const { status, stderr } = await pipeline(template, ['run', 'p.yaml']);
  if (status !== 0) throw new Error(stderr);
});

/** A folder in which the pipeline has run, and the store in it. */
function stored(): { readonly folder: string; readonly root: string } {
  const folder = temporaryFolder(template);
  return { folder, root: join(folder, '.pipeline') };
}

function executed(folder: string): number {
  return existsSync(join(folder, 'count')) ? readFileSync(join(folder, 'count')).length : 0;
}

describe('another format', () => {
  const formats: Readonly<Record<string, [format: string, hint: string]>> = {
    newer: ['{"format":99}', 'use the newer release that wrote it'],
    torn: ['{"form', 'choose another folder with --root'],
    'not ours': ['[]', 'choose another folder with --root'],
  };
  test.each(Object.entries(formats))('of the store, %s: refused, and left as it is', async (_, [format, hint]) => {
    const { folder, root } = stored();
    writeFileSync(join(root, 'format.json'), format);
    const before = filesBelow(root);
    for (const args of [['run', 'p.yaml'], ['runs'], ['verify']]) {
      const { status, stderr } = await pipeline(folder, args);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toContain('error[foreign-format]');
      expect(stderr).toContain(hint);
    }
    expect(filesBelow(root)).toEqual(before);
  });

  test('of the metadata, newer: refused, and left as it is', async () => {
    const { folder, root } = stored();
    const database = new Database(join(root, 'metadata.db'));
    database.run('UPDATE pipeline_format SET version = 99');
    database.close();
    const before = rows(root, 'SELECT * FROM Execution');
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(2);
    expect(stderr).toContain('metadata format 99');
    expect(rows(root, 'SELECT * FROM Execution')).toEqual(before);
    expect(executed(folder)).toBe(2);
  });

  test('a database of another program, and no database at all', async () => {
    const { folder, root } = stored();
    for (const name of readdirSync(root).filter((file) => file.startsWith('metadata.db-'))) {
      truncateSync(join(root, name), 0);
    }
    writeFileSync(join(root, 'metadata.db'), 'no database '.repeat(1000));
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stderr).toContain('error[damaged-metadata]');
    expect(readFileSync(join(root, 'metadata.db'), 'utf8')).toBe('no database '.repeat(1000));
  });
});

/** Runs the pipeline undisturbed; the place of its last commit among its changes, counted from 1. */
async function lastCommit(folder: string): Promise<number> {
  const changes = join(folder, 'changes');
  await pipeline(folder, ['run', 'p.yaml', '--jobs', '1'], { PIPELINE_FAULT: `EIO@0:${changes}` });
  const lines = readFileSync(changes, 'utf8').split('\n');
  return lines.findLastIndex((line) => line.startsWith('commit')) + 1;
}

test('a journal that is torn at its end loses what was in the torn part, and nothing else', async () => {
  const folder = temporaryFolder();
  const root = write(folder);
  const last = await lastCommit(folder);
  const torn = temporaryFolder();
  write(torn);
  const setting = `SIGKILL@${String(last)}:${join(torn, 'changes')}`;
  await pipeline(torn, ['run', 'p.yaml', '--jobs', '1'], { PIPELINE_FAULT: setting });
  const journal = join(torn, '.pipeline', 'metadata.db-wal');
  const bytes = readFileSync(journal);
  expect(bytes.length).toBeGreaterThan(10_000);
  truncateSync(journal, bytes.length - 1000);
  expect((await pipeline(torn, ['run', 'p.yaml'])).status).toBe(0);
  expect(faultsOf(join(torn, '.pipeline'))).toEqual([]);
  expect((await pipeline(torn, ['verify'])).status).toBe(0);
  expect(filesBelow(join(torn, '.pipeline', 'artifacts'))).toEqual(filesBelow(join(root, 'artifacts')));
});

describe('a disk that takes nothing', () => {
  const faults = { ENOSPC: 'disk-full', EACCES: 'no-permission|read-only', EIO: 'io' } as const;
  test.each(Object.entries(faults))('%s from the first change on: said, and all is kept', async (fault, code) => {
    const { folder, root } = stored();
    const before = filesBelow(join(root, 'artifacts'));
    const setting = `${fault}@1+:${join(folder, 'changes')}`;
    const refused = await pipeline(folder, ['run', 'p.yaml', '--no-cache'], { PIPELINE_FAULT: setting });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`error\\[(${code})\\]`, 'u'));
    // Who only looks back needs no place on the disk.
    for (const args of [['runs'], ['show'], ['explain', 'second'], ['lineage', 'second.text']]) {
      const setting = `${fault}@2+:${join(folder, `changes-${args.join('-')}`)}`;
      const { status, stderr } = await pipeline(folder, args, { PIPELINE_FAULT: setting });
      expect({ args, status, stderr }).toMatchObject({ args, status: 0 });
    }
    expect(filesBelow(join(root, 'artifacts'))).toEqual(before);
    const again = await pipeline(folder, ['run', 'p.yaml', '--json']);
    expect(events(again.stdout).filter(({ type }) => type === 'step-cached')).toHaveLength(2);
    expect(executed(folder)).toBe(2);
  });
});

test('a step whose record cannot be written fails, and says so', async () => {
  const folder = temporaryFolder();
  const root = write(folder);
  const last = await lastCommit(folder);
  const other = temporaryFolder();
  write(other);
  const setting = `EIO@${String(last)}:${join(other, 'changes')}`;
  const { status, stdout } = await pipeline(other, ['run', 'p.yaml', '--jobs', '1', '--json'], {
    PIPELINE_FAULT: setting,
  });
  expect(status).toBe(1);
  expect(events(stdout)).toContainEqual(
    expect.objectContaining({ type: 'step-failed', node: 'second', failure: expect.objectContaining({ code: 'io' }) }),
  );
  expect(existsSync(root)).toBe(true);
});

test('a clock that is set back takes nothing back', async () => {
  const { folder, root } = stored();
  const clock = join(folder, 'yesterday.mjs');
  writeFileSync(clock, 'const now = Date.now; Date.now = () => now() - 86_400_000;\n');
  const yesterday = { NODE_OPTIONS: `--import=${clock}` };
  const cached = await pipeline(folder, ['run', 'p.yaml', '--json'], yesterday);
  expect(events(cached.stdout).filter(({ type }) => type === 'step-cached')).toHaveLength(2);
  const forced = await pipeline(folder, ['run', 'p.yaml', '--no-cache', '--json'], yesterday);
  expect(events(forced.stdout).filter(({ type }) => type === 'step-completed')).toHaveLength(2);
  const runs = events((await pipeline(folder, ['runs', '--json'], yesterday)).stdout)[0];
  expect((runs?.['runs'] as { run: number }[]).map(({ run }) => run)).toEqual([3, 2, 1]);
  expect(await pipeline(folder, ['show'])).toMatchObject({ status: 0, stdout: expect.stringContaining('run 3') });
  expect((await pipeline(folder, ['verify'], yesterday)).status).toBe(0);
  expect(faultsOf(root)).toEqual([]);
});

test('a store that was copied without its journal holds all that had ended', async () => {
  const { root } = stored();
  const copy = temporaryFolder();
  write(copy);
  cpSync(root, join(copy, '.pipeline'), {
    recursive: true,
    filter: (path) => !path.endsWith('-wal') && !path.endsWith('-shm'),
  });
  const { stdout } = await pipeline(copy, ['run', 'p.yaml', '--json']);
  expect(events(stdout).filter(({ type }) => type === 'step-cached')).toHaveLength(2);
});
