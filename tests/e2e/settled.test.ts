/**
 * The short way of a run that was made before: what it looks at, what it records, and all that leads back to the whole way.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '../../artifacts/digest.js';
import { backendIdentity, type BackendIdentity } from '../../components/tensorflow/backend-identity.js';
import { faultsOf, rows } from '../faults/stored.js';
import { events, pipeline } from '../rig/cli.js';
import { executed, failingStep, runPipeline, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const first = step('first', 'a');
const second = step('second', 'b', { in: 'first.report' });

/** When a run last took the lock of its pipeline, as one does that goes the whole way. */
function lockedAt(folder: string): bigint | undefined {
  return statSync(join(folder, '.pipeline', 'locks'), { bigint: true, throwIfNoEntry: false })?.mtimeNs;
}

function lastRun(folder: string): unknown {
  return rows(join(folder, '.pipeline'), 'SELECT max(id) AS id FROM pipeline_run')[0]?.['id'];
}

/** A run that was made, and one that repeated it. */
async function settled(nodes: Readonly<Record<string, string>> = { first, second }): Promise<string> {
  const folder = temporaryFolder();
  writePipeline(folder, nodes);
  await settle(folder);
  return folder;
}

/** Runs until a run has repeated another: the first comes too close to the making of the files. */
async function settle(folder: string, ...args: readonly string[]): Promise<void> {
  for (let run = 0; run < 4; run++) {
    const before = lockedAt(folder);
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', ...args, '--json']);
    expect([status, stderr]).toEqual([0, '']);
    if (lockedAt(folder) === before) return;
  }
  throw new Error('no run was repeated');
}

async function json(folder: string, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { status, stdout, stderr } = await pipeline(folder, [...args, '--json']);
  expect([args, status, stderr]).toEqual([args, 0, '']);
  return events(stdout)[0] ?? {};
}

describe('a run that repeats another', () => {
  test('says what a cached run says, in lines and in events', async () => {
    const folder = await settled();
    await pipeline(folder, ['run', 'p.yaml']);
    const before = lockedAt(folder);
    const told = await pipeline(folder, ['run', 'p.yaml']);
    expect(lockedAt(folder)).toBe(before);
    // By another command line: the whole way.
    const whole = await pipeline(folder, ['run', './p.yaml']);
    const text = (output: string): string =>
      output.replaceAll(/run \d+/gu, 'run N').replaceAll(/complete in \S+;/gu, 'complete;');
    expect(text(told.stdout)).toBe(text(whole.stdout));
    const [again, long] = [
      await pipeline(folder, ['run', 'p.yaml', '--json']),
      await pipeline(folder, ['run', './p.yaml', '--json']),
    ];
    const changing = ['time', 'run', 'durationMs'];
    const plain = (output: string): unknown =>
      events(output).map((event) => Object.entries(event).filter(([key]) => !changing.includes(key)));
    expect(plain(again.stdout)).toEqual(plain(long.stdout));
    expect(executed(folder, 'first')).toBe(1);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test('is told like any other by all that look back', async () => {
    const folder = await settled();
    const repeat = lastRun(folder);
    const run = String(repeat);
    expect(await json(folder, 'show', run)).toMatchObject({
      run: repeat,
      state: 'COMPLETE',
      executions: [
        { node: 'first', state: 'CACHED', run: repeat, outputs: [{ type: 'File' }] },
        { node: 'second', state: 'CACHED', inputs: [{ port: 'in' }] },
      ],
    });
    expect((await pipeline(folder, ['runs'])).stdout).toMatch(/2 cached/u);
    const explained = await pipeline(folder, ['explain', 'second', '--run', run]);
    expect(explained).toMatchObject({ status: 0, stdout: expect.stringContaining('run 1') });
    expect((await pipeline(folder, ['lineage', `${run}:second.report`])).stdout).toContain('first');
    expect((await pipeline(folder, ['diff', '1', run])).status).toBe(0);
    const out = join(folder, 'out');
    expect((await pipeline(folder, ['checkout', run, '--output', out])).status).toBe(0);
    expect(readFileSync(join(out, 'second', 'report', 'data'), 'utf8')).toBe('ba');
    expect((await pipeline(folder, ['report', run])).status).toBe(0);
  });

  test('can be exported, and imported elsewhere', async () => {
    const folder = await settled();
    const run = String(lastRun(folder));
    expect((await pipeline(folder, ['export', run, '--output', 'run.tar.gz'])).status).toBe(0);
    const there = temporaryFolder();
    const imported = await pipeline(there, ['import', join(folder, 'run.tar.gz')]);
    expect(imported).toMatchObject({ status: 0, stderr: '' });
    expect(await json(there, 'show', '2')).toMatchObject({
      executions: [
        { node: 'first', state: 'CACHED' },
        { node: 'second', state: 'CACHED' },
      ],
    });
    expect(faultsOf(join(there, '.pipeline'))).toEqual([]);
    // And into the store that it is from, where it is already.
    expect((await pipeline(folder, ['import', 'run.tar.gz'])).stdout).toContain('was here already');
  });

  test('keeps what it used from garbage collection', async () => {
    const folder = await settled();
    writePipeline(folder, { first: step('first', 'other'), second });
    expect(await runPipeline(folder)).toMatchObject({ first: 'completed' });
    // The last two runs: the repetition, and the one after it.
    const gone = await json(folder, 'gc', '--keep-last', '2', '--dry-run');
    expect(gone).toMatchObject({ removed: [] });
    const one = await json(folder, 'gc', '--keep-last', '1', '--dry-run');
    expect((one['removed'] as unknown[]).length).toBe(2);
  });
});

describe('a run that goes the whole way', () => {
  function executionsIn(folder: string): number {
    return rows(join(folder, '.pipeline'), 'SELECT execution_id FROM pipeline_execution').length;
  }

  test('has those cached executions in common with the latest that say the same', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { first, second });
    await runPipeline(folder);
    expect(executionsIn(folder)).toBe(2);
    const file = join(folder, 'p.yaml');
    writeFileSync(file, `# A comment.\n\n${readFileSync(file, 'utf8')}`);
    expect(await runPipeline(folder)).toEqual({ first: 'cached', second: 'cached' });
    expect(executionsIn(folder)).toBe(2);
    const { ingredients } = await json(folder, 'explain', 'second');
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('second:'));
    expect(ingredients).toContainEqual(
      expect.objectContaining({
        path: 'component.name',
        place: expect.stringContaining(`p.yaml:${String(line + 1)}:`),
      }),
    );

    writePipeline(folder, { first, second: step('second', 'c', { in: 'first.report' }) });
    expect(await runPipeline(folder)).toEqual({ first: 'cached', second: 'completed' });
    expect(executionsIn(folder)).toBe(3);
    const [before] = (await json(folder, 'show', '2'))['executions'] as readonly Record<string, unknown>[];
    const third = await json(folder, 'show', '3');
    const [startedAt, endedAt] = [expect.any(Number), expect.any(Number)];
    expect(third).toMatchObject({
      executions: [
        { ...before, run: 3, startedAt, endedAt },
        { node: 'second', state: 'COMPLETE' },
      ],
    });

    // The same bytes, but from another execution: the second step is on record with what came in.
    expect(await runPipeline(folder, '--force', 'first')).toEqual({ first: 'completed', second: 'cached' });
    expect(executionsIn(folder)).toBe(5);
    const [made, used] = (await json(folder, 'show', '4'))['executions'] as readonly {
      inputs: readonly { artifact: number }[];
      outputs: readonly { artifact: number }[];
    }[];
    expect(used?.inputs[0]?.artifact).toBe(made?.outputs[0]?.artifact);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });
});

describe('a run goes the whole way', () => {
  async function expectWholeWay(folder: string, ...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const before = lockedAt(folder);
    const states = await runPipeline(folder, ...args);
    expect(lockedAt(folder)).not.toBe(before);
    return states;
  }

  test('when the pipeline has changed', async () => {
    const folder = await settled();
    writePipeline(folder, { first, second: step('second', 'c', { in: 'first.report' }) });
    expect(await expectWholeWay(folder)).toEqual({ first: 'cached', second: 'completed' });
  });

  test('when an artifact was changed, or is gone', async () => {
    const folder = await settled();
    const artifacts = join(folder, '.pipeline', 'artifacts');
    const folders = readdirSync(artifacts).filter((name) => /^[0-9a-f]{64}$/u.test(name));
    const data = folders.map((digest) => join(artifacts, digest, 'data'));
    const [changed] = data.filter((file) => readFileSync(file, 'utf8') === 'a');
    chmodSync(changed ?? '', 0o644);
    writeFileSync(changed ?? '', 'z');
    expect(await expectWholeWay(folder)).toEqual({ first: 'completed', second: 'cached' });
    await settle(folder);
    for (const digest of folders) {
      chmodSync(join(artifacts, digest), 0o755);
      rmSync(join(artifacts, digest), { recursive: true, force: true });
    }
    expect(await expectWholeWay(folder)).toEqual({ first: 'completed', second: 'completed' });
  });

  test('when a file that an argument names has changed, or has come', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'words.txt'), 'one');
    const copy = (name: string): string =>
      JSON.stringify({
        component: 'Command',
        outputs: { report: 'File' },
        params: {
          argv: [
            process.execPath,
            '-e',
            "const fs = require('fs'); fs.writeFileSync(process.argv[1] + '/data', fs.existsSync(process.argv[2]) ? fs.readFileSync(process.argv[2]) : 'none')",
            '${outputs.report}',
            name,
          ],
        },
      });
    writePipeline(folder, { words: copy('words.txt'), more: copy('more.txt') });
    await settle(folder);
    writeFileSync(join(folder, 'words.txt'), 'two');
    expect(await expectWholeWay(folder)).toEqual({ words: 'completed', more: 'cached' });
    await settle(folder);
    writeFileSync(join(folder, 'more.txt'), 'more');
    expect(await expectWholeWay(folder)).toEqual({ words: 'cached', more: 'completed' });
    await settle(folder);
    // The same size and time of change: what else the system says of it tells.
    const at = new Date(1_700_000_000_000);
    utimesSync(join(folder, 'words.txt'), at, at);
    await settle(folder);
    writeFileSync(join(folder, 'words.txt'), 'six');
    utimesSync(join(folder, 'words.txt'), at, at);
    expect(await expectWholeWay(folder)).toEqual({ words: 'completed', more: 'cached' });
  });

  test('when user code has changed, or an import means another file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'helper.js'), "export const word = 'one';\n");
    writeFileSync(
      join(folder, 'write.ts'),
      `import { writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, output } from 'tfjs-pipelines';
import { word } from './helper';
export const spec = defineSpec({ name: 'Write', doc: 'Writes.', outputs: { out: output(artifactTypes.get('File')!) }, params: {} });
export const execute = async ({ outputs }) => writeFileSync(outputs.out.path + '/data', word);
`,
    );
    writePipeline(folder, { write: JSON.stringify({ component: './write.ts' }) });
    await settle(folder);
    writeFileSync(join(folder, 'helper.js'), "export const word = 'two';\n");
    expect(await expectWholeWay(folder)).toEqual({ write: 'completed' });
    await settle(folder);
    writeFileSync(join(folder, 'helper.ts'), "export const word = 'three';\n");
    expect(await expectWholeWay(folder)).toEqual({ write: 'completed' });
  });

  test('when what was pushed has changed, is gone, or was followed by another version', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'train.ts'),
      `import { mkdirSync, writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, output } from 'tfjs-pipelines';
export const spec = defineSpec({ name: 'Train', doc: 'Makes a model.', outputs: { model: output(artifactTypes.get('Model')!) } });
export const execute = async ({ outputs }) => {
  mkdirSync(outputs.model.path + '/Format-TFJS');
  for (const name of ['Format-TFJS/model.json', 'model_info.json', 'transform_graph.json']) {
    writeFileSync(outputs.model.path + '/' + name, name);
  }
};`,
    );
    const push = {
      component: 'Pusher',
      inputs: { model: 'train.model' },
      params: { destination: { filesystem: { base_directory: 'served' } } },
    };
    writePipeline(folder, { train: JSON.stringify({ component: './train.ts' }), push: JSON.stringify(push) });
    await settle(folder);
    const file = join(folder, 'served', '1', 'tfjs', 'model.json');
    chmodSync(file, 0o644);
    writeFileSync(file, 'other');
    expect(await expectWholeWay(folder)).toEqual({ train: 'cached', push: 'completed' });
    await settle(folder);
    mkdirSync(join(folder, 'served', '9'));
    expect(await expectWholeWay(folder)).toEqual({ train: 'cached', push: 'completed' });
    await settle(folder);
    rmSync(join(folder, 'served'), { recursive: true });
    expect(await expectWholeWay(folder)).toEqual({ train: 'cached', push: 'completed' });
    expect(readdirSync(join(folder, 'served'))).toEqual(['1']);
  });

  test('when a fragment or a file of params has changed', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'part.yaml'), `nodes: {first: ${first}}\n`);
    writeFileSync(join(folder, 'params.yaml'), 'word: one\n');
    const argv = [
      process.execPath,
      '-e',
      "require('fs').writeFileSync(process.argv[1] + '/data', process.argv[2])",
      '${outputs.report}',
      '${params.word}',
    ];
    const word = JSON.stringify({ component: 'Command', outputs: { report: 'File' }, params: { argv } });
    writeFileSync(
      join(folder, 'p.yaml'),
      `version: 1\nname: demo\nparams: {word: none}\ninclude: [{file: part.yaml, as: part}]\nnodes: {word: ${word}}\n`,
    );
    await settle(folder, '--params-file', 'params.yaml');
    writeFileSync(join(folder, 'params.yaml'), 'word: two\n');
    expect(await expectWholeWay(folder, '--params-file', 'params.yaml')).toMatchObject({ word: 'completed' });
    await settle(folder, '--params-file', 'params.yaml');
    writeFileSync(join(folder, 'part.yaml'), `nodes: {first: ${step('first', 'changed')}}\n`);
    expect(await expectWholeWay(folder, '--params-file', 'params.yaml')).toMatchObject({
      part_first: 'completed',
      word: 'cached',
    });
  });

  test('when a newer execution stands for a step', async () => {
    const folder = await settled();
    const other = await pipeline(folder, ['run', 'p.yaml', '--force', 'first']);
    expect(other.status).toBe(0);
    expect(await expectWholeWay(folder)).toEqual({ first: 'cached', second: 'cached' });
    await settle(folder);
  });

  test('when another backend would compute', async () => {
    const folder = await settled();
    const kept = join(folder, '.pipeline', 'settled');
    const computed = (backend: BackendIdentity): void => {
      for (const name of readdirSync(kept)) {
        const [, text = ''] = readFileSync(join(kept, name), 'utf8').split('\n');
        const changed = JSON.stringify({ ...(JSON.parse(text) as object), backend });
        writeFileSync(join(kept, name), `${sha256Hex(changed)}\n${changed}`);
      }
    };
    computed(backendIdentity());
    const before = lockedAt(folder);
    await runPipeline(folder);
    expect(lockedAt(folder)).toBe(before);
    computed({ ...backendIdentity(), version: '0.0.0' });
    expect(await expectWholeWay(folder)).toEqual({ first: 'cached', second: 'cached' });
  });

  test('when what a skipped node is made of was not looked at', async () => {
    const folder = temporaryFolder();
    const component = (word: string): string =>
      `import { defineSpec, input, output, artifactTypes } from 'tfjs-pipelines';
const file = artifactTypes.get('File')!;
export const spec = defineSpec({ name: 'Late', doc: 'Late.', inputs: { ${word}: input(file) }, outputs: { out: output(file) } });
export const execute = async () => undefined;
`;
    writeFileSync(join(folder, 'late.ts'), component('in'));
    const late = { component: './late.ts', inputs: { in: 'first.report' }, when: 'params.late' };
    writePipeline(folder, { first, late: JSON.stringify(late) }, 'demo', ['params: {late: false}']);
    for (let run = 0; run < 3; run++) expect(await expectWholeWay(folder)).toMatchObject({ late: 'skipped' });
    writeFileSync(join(folder, 'late.ts'), component('other'));
    expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(2);
  });

  test('when what it kept is torn, or from another build or place', async () => {
    const folder = await settled();
    const kept = join(folder, '.pipeline', 'settled');
    for (const name of readdirSync(kept)) {
      writeFileSync(join(kept, name), readFileSync(join(kept, name), 'utf8').slice(0, -10));
    }
    expect(await expectWholeWay(folder)).toEqual({ first: 'cached', second: 'cached' });
    await settle(folder);
    expect(await runPipeline(folder, '--jobs', '1')).toEqual({ first: 'cached', second: 'cached' });
    const before = lockedAt(folder);
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const root = join(folder, '.pipeline');
    expect((await pipeline(elsewhere, ['run', '../p.yaml', '--root', root])).status).toBe(0);
    expect(lockedAt(folder)).not.toBe(before);
  });

  test('where more is asked for, or more decides than files', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { first, fails: failingStep });
    for (let run = 0; run < 3; run++) await pipeline(folder, ['run', 'p.yaml']);
    writePipeline(folder, { first, never: step('never', 'x', {}, { cache: false }) });
    for (let run = 0; run < 3; run++)
      expect(await runPipeline(folder)).toEqual({ first: 'cached', never: 'completed' });
    writePipeline(folder, { first, second });
    await settle(folder);
    for (const args of [
      ['--force', 'first'],
      ['--no-cache'],
      ['--check-determinism'],
      ['--only', 'second'],
      ['--report', 'out.html'],
    ]) {
      // What they stand on is old enough for the first to be kept.
      for (let run = 0; run < 2; run++) await expectWholeWay(folder, ...args);
    }
    const before = lockedAt(folder);
    const summary = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
    expect((await pipeline(folder, ['run', 'p.yaml', '--json'], summary)).status).toBe(0);
    expect(lockedAt(folder)).not.toBe(before);
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('first');
  });

  test('keeps few of what it kept', async () => {
    const folder = await settled();
    const kept = join(folder, '.pipeline', 'settled');
    const [own = ''] = readdirSync(kept);
    // As other command lines would have left them, each a second before the one above.
    const others = Array.from({ length: 20 }, (_, age) => `${sha256Hex(String(age))}.json`);
    for (const [age, name] of others.entries()) {
      copyFileSync(join(kept, own), join(kept, name));
      const at = new Date(Date.now() - 60_000 - age * 1000);
      utimesSync(join(kept, name), at, at);
    }
    await settle(folder, '--jobs', '1');
    const left = readdirSync(kept);
    expect(left.length).toBe(20);
    expect([own, ...others].filter((name) => !left.includes(name))).toEqual(others.slice(-2));
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });
});
