/**
 * `pipeline plan`: what a run would do and cost, and the exit status that says whether it would do anything.
 */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Database } from '../../artifacts/metadata/database.js';
import { pipeline } from '../rig/cli.js';
import { runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const nodes = {
  first: step('first', 'a'),
  second: step('second', 'b', { in: 'first.report' }),
  other: step('other', 'c'),
};

interface PlanAnswer {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly forecast: Readonly<Record<string, unknown>>;
}

async function plan(folder: string, ...more: readonly string[]): Promise<PlanAnswer> {
  const { stdout } = await pipeline(folder, ['plan', 'p.yaml', '--json', ...more]);
  return JSON.parse(stdout) as PlanAnswer;
}

/** Makes the past say what each node took. */
function took(folder: string, times: Readonly<Record<string, number>>): void {
  const database = new Database(join(folder, '.pipeline', 'metadata.db'));
  for (const [node, executeMs] of Object.entries(times)) {
    const timings = JSON.stringify({ queuedMs: 0, executeMs, publishMs: 0 });
    database.run('UPDATE pipeline_execution SET timings = ? WHERE node = ? AND timings IS NOT NULL', timings, node);
  }
  database.close();
}

describe('pipeline plan', () => {
  test('says that times are unknown of what never ran', async () => {
    const folder = temporaryFolder();
    write(folder, nodes);
    const { stdout } = await pipeline(folder, ['plan', 'p.yaml']);
    expect(stdout).toMatch(/run +first +unknown +first run/u);
    expect(stdout).toContain('time unknown of 3 nodes that never ran: first, second, other');
    expect(stdout).not.toContain('predicted');
    const { forecast } = await plan(folder);
    expect(forecast).toMatchObject({ unknown: ['first', 'second', 'other'], criticalPathMs: 0, cachedBytes: 0 });
  });

  test('foretells times, the longest way, the end with so many jobs, and the bytes that are there', async () => {
    const folder = temporaryFolder();
    write(folder, nodes);
    await run(folder);
    took(folder, { first: 3000, second: 4000, other: 5000 });
    const cached = await plan(folder);
    expect(cached.nodes).toMatchObject([
      { node: 'first', action: 'cached', bytes: 1 },
      { node: 'second', action: 'cached', bytes: 2 },
      { node: 'other', action: 'cached', bytes: 1 },
    ]);
    expect(cached.forecast).toMatchObject({ wallMs: 0, cachedBytes: 4, savedMs: 12_000, criticalPath: [] });

    write(folder, { ...nodes, first: step('first', 'A'), other: step('other', 'C') });
    const changed = await plan(folder, '--jobs', '2');
    expect(changed.nodes).toMatchObject([
      { node: 'first', action: 'run', expectedMs: 3000 },
      { node: 'second', action: 'wait', expectedMs: 4000 },
      { node: 'other', action: 'run', expectedMs: 5000 },
    ]);
    expect(changed.forecast).toEqual({
      jobs: 2,
      wallMs: 7000,
      criticalPath: ['first', 'second'],
      criticalPathMs: 7000,
      unknown: [],
      cachedBytes: 0,
      savedMs: 0,
    });
    expect((await plan(folder, '--jobs', '1')).forecast).toMatchObject({ wallMs: 12_000 });
    const { stdout } = await pipeline(folder, ['plan', 'p.yaml', '--jobs', '2']);
    expect(stdout).toMatch(/run +first +~3\.0s +changed: params\.argv/u);
    expect(stdout).toContain('2 to run; 1 to run if what they need changes\n');
    expect(stdout).toContain('predicted: about 7.0s, 2 at a time\nlongest way: first → second\n');
  });

  test('counts with the cores that nodes ask for, and refuses what run refuses', async () => {
    const folder = temporaryFolder();
    const nodesOf = (text: string): Readonly<Record<string, string>> => ({
      first: step('first', text, {}, { resources: { cpu: 3 } }),
      other: step('other', text, {}, { resources: { cpu: 3 } }),
    });
    write(folder, nodesOf('a'));
    await pipeline(folder, ['run', 'p.yaml', '--resources', 'cpu=4']);
    took(folder, { first: 3000, other: 5000 });
    write(folder, nodesOf('b'));
    const wall = async (cpu: number): Promise<unknown> =>
      (await plan(folder, '--jobs', '2', '--resources', `cpu=${String(cpu)}`)).forecast['wallMs'];
    expect([await wall(4), await wall(6)]).toEqual([8000, 5000]);
    const { status, stderr } = await pipeline(folder, ['plan', 'p.yaml', '--resources', 'cpu=2']);
    expect([status, stderr]).toEqual([2, expect.stringContaining("the node 'first' takes more cpu than there is")]);
  });

  test('--exit-code: 1 when something would run, 0 when nothing would; without it, 0', async () => {
    const folder = temporaryFolder();
    write(folder, nodes);
    const status = async (...more: readonly string[]): Promise<number | null> =>
      (await pipeline(folder, ['plan', 'p.yaml', ...more])).status;
    expect(await status()).toBe(0);
    expect(await status('--exit-code')).toBe(1);
    await run(folder);
    expect(await status('--exit-code')).toBe(0);
    expect(await status('--exit-code', '--force', 'second')).toBe(1);
    write(folder, { ...nodes, broken: '{component: Nothing}' });
    expect(await status('--exit-code')).toBe(2);
  });
});
