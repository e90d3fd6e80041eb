import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { faultsOf } from '../faults/stored.js';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { contents, expectRefused } from '../rig/refused.js';
import { executed, runPipeline, step, writePipeline } from '../rig/steps.js';
import { tarBytes, tarMember } from '../rig/tar.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** The members of an archive, by name. */
function membersOf(archive: string): Map<string, Buffer> {
  const bytes = gunzipSync(readFileSync(archive));
  const members = new Map<string, Buffer>();
  let long: string | undefined;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const field = (from: number, length: number): string =>
      bytes.toString('utf8', at + from, at + from + length).replace(/\0[^]*$/u, '');
    const size = Number.parseInt(field(124, 12), 8);
    const content = bytes.subarray(at + 512, at + 512 + size);
    const prefix = field(345, 155);
    if (field(156, 1) === 'x') long = /path=(.*)\n/u.exec(content.toString())?.[1];
    else {
      members.set(long ?? (prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`), Buffer.from(content));
      long = undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}

/** An archive of these members, whatever they are. */
function writeArchive(path: string, members: ReadonlyMap<string, Buffer>): void {
  const packed = [...members].map(([name, content]) => {
    // Names beyond 100 bytes stand in a PAX header.
    const record = ` path=${name}\n`;
    let length = record.length + 2;
    while (`${String(length)}${record}`.length !== length) length++;
    const header = tarMember({ path: 'header', type: 'x' }, Buffer.from(`${String(length)}${record}`));
    return Buffer.concat([header, tarMember({ path: name.slice(-99) }, content)]);
  });
  writeFileSync(path, gzipSync(tarBytes(...packed)));
}

/** Where a pipeline of two steps has run, the second time all cached; with its archive `run.tar.gz`. */
const exported = sharedFolder();
beforeAll(async () => {
  writePipeline(exported, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
  await runPipeline(exported);
  await runPipeline(exported);
  const { status, stderr } = await pipeline(exported, ['export', '2', '-o', 'run.tar.gz']);
  if (status !== 0) throw new Error(stderr);
});

describe('pipeline export and import', () => {
  test('what one has run is cached for another', async () => {
    const here = temporaryFolder(exported);
    const there = temporaryFolder();
    const { status, stdout } = await pipeline(there, ['import', join(here, 'run.tar.gz'), '--files', 'code']);
    expect(status).toBe(0);
    expect(stdout).toContain('run 2 of the archive is run 2 here: 2 artifacts, 4 executions');
    expect(readdirSync(join(there, 'code'))).toEqual(['p.yaml']);
    writeFileSync(join(there, 'p.yaml'), readFileSync(join(there, 'code', 'p.yaml')));
    expect(await runPipeline(there)).toEqual({ first: 'cached', second: 'cached' });
    expect(executed(there, 'first')).toBe(0);
    expect(await answer(there, ['show', '2'])).toMatchObject({ run: 2, pipeline: 'demo', state: 'COMPLETE' });
    const costs = async (folder: string): Promise<unknown> =>
      (
        (await answer(folder, ['show', '1'])) as { executions: { timings: object; resources: object }[] }
      ).executions.map(({ timings, resources }) => [timings, resources]);
    expect(await costs(there)).toEqual(await costs(here));
    expect((await pipeline(there, ['verify'])).status).toBe(0);
    expect((await pipeline(there, ['lineage', '2:second.report'])).stdout).toContain('first.report');
    expect(
      existsSync(join(there, '.pipeline', 'staging')) ? readdirSync(join(there, '.pipeline', 'staging')) : [],
    ).toEqual([]);
  });

  test('importing twice is no harm, nor into a store that has runs of its own', async () => {
    const here = temporaryFolder(exported);
    const there = temporaryFolder();
    writeModelPipeline(there);
    await runModelPipeline(there, 'mine', 0.9);
    const archive = join(here, 'run.tar.gz');
    expect((await pipeline(there, ['import', archive])).stdout).toContain('is run 3 here');
    const runs = await answer(there, ['runs']);
    const again = await pipeline(there, ['import', archive]);
    expect([again.status, again.stdout.split('\n')[0]]).toEqual([0, 'run 2 of the archive was here already, as run 3']);
    expect(await answer(there, ['runs'])).toEqual(runs);
    // Back where it came from.
    expect((await pipeline(here, ['import', archive])).stdout).toContain('was here already, as run 2');
  });

  test('takes user code along, and says when it has changed since', async () => {
    const folder = temporaryFolder();
    writeModelPipeline(folder);
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib', 'more.ts'), 'export const factor = 1;\n');
    const train = readFileSync(join(folder, 'train.ts'), 'utf8');
    writeFileSync(
      join(folder, 'train.ts'),
      `import { factor } from './lib/more.ts';\n${train.replace('repeat(1000)', 'repeat(1000 * factor)')}`,
    );
    await runModelPipeline(folder, 'w', 0.9);
    expect(await answer(folder, ['export', '1'])).toMatchObject({
      files: ['judge.ts', 'lib/more.ts', 'p.yaml', 'train.ts'],
      warnings: [],
    });
    const there = temporaryFolder();
    expect((await pipeline(there, ['import', join(folder, 'run-1.tar.gz'), '--files', 'code'])).status).toBe(0);
    const ran = await pipeline(join(there, 'code'), [
      'run',
      'p.yaml',
      '--set',
      'weights=w',
      '--root',
      '../.pipeline',
      '--json',
    ]);
    expect(ran.stdout.match(/"type":"step-cached"/gu)).toHaveLength(2);

    writeFileSync(join(folder, 'lib', 'more.ts'), 'export const factor = 2;\n');
    const { stderr } = await pipeline(folder, ['export', '1', '--force']);
    expect(stderr).toBe('warning: train.ts has changed since run 1: it goes in as it is now\n');
  });

  test('says nothing of the code of a node that the run has skipped', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'say.cjs'), "require('fs').writeFileSync(process.argv[2] + '/data', 'said');");
    const argv = JSON.stringify([process.execPath, 'say.cjs', '${outputs.report}']);
    writePipeline(folder, {
      first: step('first', 'a'),
      skipped: `{component: Command, outputs: {report: File}, when: "1 > 2", params: {argv: ${argv}}}`,
    });
    await runPipeline(folder);
    expect(await answer(folder, ['export', '1'])).toMatchObject({ files: ['p.yaml', 'say.cjs'], warnings: [] });
  });

  test('takes fragments and scripts along', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'parts'));
    writeFileSync(join(folder, 'say.cjs'), "require('fs').writeFileSync(process.argv[2] + '/data', 'said');");
    const say = `{component: Command, outputs: {report: File}, params: {argv: ["${process.execPath}", say.cjs, "\${outputs.report}"]}}`;
    writeFileSync(join(folder, 'parts', 'say.yaml'), `nodes:\n  say: ${say}\n`);
    writeFileSync(
      join(folder, 'p.yaml'),
      `version: 1\nname: demo\ninclude: [{file: parts/say.yaml, as: once}, {file: parts/say.yaml, as: twice}]\nnodes:\n  own: ${say}\n`,
    );
    await runPipeline(folder);
    expect(await answer(folder, ['export', '1'])).toMatchObject({
      files: ['p.yaml', 'parts/say.yaml', 'say.cjs'],
      warnings: [],
    });
    const there = temporaryFolder();
    expect((await pipeline(there, ['import', join(folder, 'run-1.tar.gz'), '--files', 'code'])).status).toBe(0);
    const ran = await pipeline(join(there, 'code'), ['run', 'p.yaml', '--root', '../.pipeline', '--json']);
    expect(ran.stdout.match(/"type":"step-cached"/gu)).toHaveLength(3);
  });

  test('the same run gives the same bytes', async () => {
    const folder = temporaryFolder(exported);
    const first = readFileSync(join(folder, 'run.tar.gz'));
    await expectRefused(folder, ['export', '2', '-o', 'run.tar.gz'], 'exists');
    expect((await pipeline(folder, ['export', '2', '-o', 'run.tar.gz', '--force'])).status).toBe(0);
    expect(readFileSync(join(folder, 'run.tar.gz')).equals(first)).toBe(true);
  });

  test('refuses archives that were changed, and leaves the store as it was', async () => {
    const here = temporaryFolder(exported);
    const archive = join(here, 'run.tar.gz');
    const members = membersOf(archive);
    const data = [...members.keys()].find((name) => name.endsWith('/data')) ?? '';
    const manifest = [...members.keys()].find((name) => name.endsWith('.manifest.json')) ?? '';
    const records = members.get('metadata.jsonl')?.toString() ?? '';
    const change = (name: string, content: string | Buffer | undefined): ReadonlyMap<string, Buffer> => {
      const changed = new Map(members);
      if (content === undefined) changed.delete(name);
      else changed.set(name, Buffer.from(content));
      return changed;
    };
    const evil: Readonly<Record<string, readonly [members: ReadonlyMap<string, Buffer>, code: string]>> = {
      'other content': [change(data, 'evil'), 'bad-archive'],
      'a file less': [change(data, undefined), 'bad-archive'],
      'a file more': [change(data.replace(/data$/u, 'more'), 'x'), 'bad-archive'],
      'no manifest': [change(manifest, undefined), 'bad-archive'],
      'other manifest': [change(manifest, '{"files":[],"version":1}'), 'bad-archive'],
      'an artifact that is not recorded': [change(`artifacts/${'0'.repeat(64)}/data`, 'x'), 'bad-archive'],
      'a stray file': [change('stray', 'x'), 'bad-archive'],
      'a path that leads out': [change('pipeline/../../evil', 'x'), 'archive-unsafe'],
      'an absolute path': [change('/tmp/evil', 'x'), 'archive-unsafe'],
      'no head': [change('archive.json', undefined), 'bad-archive'],
      'a newer format': [change('archive.json', '{"format":3,"run":2}'), 'foreign-archive'],
      'no format': [change('archive.json', '{"format":1.5,"run":2}'), 'bad-archive'],
      'no records': [change('metadata.jsonl', undefined), 'bad-archive'],
      'records that are no JSON': [change('metadata.jsonl', `${records}{`), 'bad-archive'],
      'a node that is a path': [
        change('metadata.jsonl', records.replaceAll('"node":"first"', '"node":"../x"')),
        'bad-archive',
      ],
      'another fingerprint': [change('metadata.jsonl', records.replace('\\"seed\\":', '\\"need\\":')), 'bad-archive'],
      'an unknown type': [
        change('metadata.jsonl', records.replaceAll('"type":"File"', '"type":"Fiel"')),
        'bad-archive',
      ],
      'a reference to nothing': [
        change('metadata.jsonl', records.replaceAll('"artifact":1,', '"artifact":99,')),
        'bad-archive',
      ],
      'other sizes': [change('metadata.jsonl', records.replaceAll('"bytes":1,', '"bytes":2,')), 'bad-archive'],
      __proto__: [
        change('metadata.jsonl', records.replaceAll('"properties":{}', '"properties":{"__proto__":1}')),
        'bad-archive',
      ],
    };
    const there = temporaryFolder();
    writeModelPipeline(there);
    await runModelPipeline(there, 'mine', 0.9);
    for (const [name, [changed, code]] of Object.entries(evil)) {
      const path = join(there, 'evil.tar.gz');
      writeArchive(path, changed);
      await expectRefused(there, ['import', 'evil.tar.gz'], code).catch((error: unknown) => {
        throw new Error(`${name}: ${String(error)}`);
      });
    }
    // The same by the same means, unchanged.
    writeArchive(join(there, 'good.tar.gz'), members);
    expect((await pipeline(there, ['import', 'good.tar.gz'])).status).toBe(0);
  }, 120_000);

  test('takes along what steps said, and the code that they were executed with', async () => {
    const here = temporaryFolder();
    writeModelPipeline(here);
    await runModelPipeline(here, 'a', 0.9);
    await runModelPipeline(here, 'a', 0.9);
    const code = readFileSync(join(here, 'train.ts'), 'utf8');
    writeFileSync(join(here, 'train.ts'), code.replace('few', 'too few'));
    expect((await pipeline(here, ['export', '2', '-o', 'run.tar.gz'])).stderr).toContain('train.ts has changed');
    const said = async (folder: string, run: string, node: string): Promise<string> =>
      (await pipeline(folder, ['logs', run, node])).stdout;
    expect(await said(here, '2', 'train')).toMatch(/training on a\n.*few examples\n/u);

    const there = temporaryFolder();
    writePipeline(there, { first: step('first', 'a') });
    await runPipeline(there);
    const archive = join(here, 'run.tar.gz');
    const { stdout } = await pipeline(there, ['import', archive]);
    const run = /run (\d+) here/u.exec(stdout)?.[1] ?? '';
    expect(await said(there, run, 'train')).toBe(await said(here, '2', 'train'));
    expect(await said(there, '2', 'train')).toBe(await said(here, '2', 'train'));
    expect(readdirSync(join(there, '.pipeline', 'code'))).toEqual(readdirSync(join(here, '.pipeline', 'code')));
    expect(faultsOf(join(there, '.pipeline'))).toEqual([]);
    // What a crash left out comes with the next import.
    rmSync(join(there, '.pipeline', 'logs'), { recursive: true });
    expect((await pipeline(there, ['import', archive])).status).toBe(0);
    expect(await said(there, run, 'train')).toBe(await said(here, '2', 'train'));
    // Exported again, it is the same log and the same code.
    expect((await pipeline(there, ['export', run, '-o', 'again.tar.gz'])).status).toBe(0);
    const kept = (path: string): readonly string[] =>
      [...membersOf(path).keys()].filter((name) => /^(?:logs|code)\//u.test(name)).sort();
    expect(kept(join(there, 'again.tar.gz'))).toEqual(kept(archive));
    expect(kept(archive).map((name) => name.slice(0, 5))).toEqual(['code/', 'code/', 'logs/']);
  });

  test('refuses logs and code that are not what their digests promise', async () => {
    const here = temporaryFolder();
    writeModelPipeline(here);
    await runModelPipeline(here, 'a', 0.9);
    await pipeline(here, ['export', '1', '-o', 'run.tar.gz']);
    const members = membersOf(join(here, 'run.tar.gz'));
    const named = (folder: string): string => [...members.keys()].find((name) => name.startsWith(folder)) ?? '';
    const there = temporaryFolder();
    for (const [name, content] of [
      [named('logs/'), 'other words'],
      [named('logs/'), undefined],
      [`logs/${'0'.repeat(64)}.log`, 'more words'],
      [named('code/'), '{"code":"","packages":{}}'],
      [`code/${createHash('sha256').update('{}').digest('hex')}.json`, '{}'],
      ['logs/run-1/train.log', 'x'],
    ] as const) {
      const changed = new Map(members);
      if (content === undefined) changed.delete(name);
      else changed.set(name, Buffer.from(content));
      writeArchive(join(there, 'evil.tar.gz'), changed);
      await expectRefused(there, ['import', 'evil.tar.gz'], 'bad-archive');
    }
    // Code that was not kept is nothing that could be missed.
    members.delete(named('code/'));
    writeArchive(join(there, 'good.tar.gz'), members);
    expect((await pipeline(there, ['import', 'good.tar.gz'])).status).toBe(0);
  });

  test('refuses what is no archive, is cut short or holds too much, and makes no store for it', async () => {
    const here = temporaryFolder(exported);
    const bytes = readFileSync(join(here, 'run.tar.gz'));
    const there = temporaryFolder();
    writeFileSync(join(there, 'short.tar.gz'), bytes.subarray(0, bytes.length / 2));
    writeFileSync(join(there, 'text.tar.gz'), 'no archive');
    const before = contents(there);
    await expectRefused(there, ['import', 'short.tar.gz'], 'file-damaged');
    await expectRefused(there, ['import', 'text.tar.gz'], 'archive-invalid');
    await expectRefused(there, ['import', 'none.tar.gz'], 'file-missing');
    await expectRefused(there, ['import', join(here, 'run.tar.gz'), '--max-size', '1kB'], 'archive-too-large');
    await expectRefused(there, ['import', join(here, 'run.tar.gz'), '--files', '.'], 'exists');
    expect(contents(there)).toEqual(before);
  });

  test('exports no damaged artifact', async () => {
    const folder = temporaryFolder(exported);
    const artifacts = join(folder, '.pipeline', 'artifacts');
    const [digest = ''] = readdirSync(artifacts);
    const { chmodSync } = await import('node:fs');
    chmodSync(join(artifacts, digest, 'data'), 0o644);
    writeFileSync(join(artifacts, digest, 'data'), 'X');
    const { status, stderr } = await pipeline(folder, ['export', '2', '-o', 'other.tar.gz']);
    expect([status, stderr.includes('error[damaged]')]).toEqual([1, true]);
    expect(existsSync(join(folder, 'other.tar.gz'))).toBe(false);
  });
});
