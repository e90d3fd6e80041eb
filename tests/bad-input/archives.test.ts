/**
 * Archives that mean harm, beside those in the tests of the unpacker: headers that contradict themselves, and what the
 * whole program makes of them.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { unpackArchive } from '../../components/formats/archive.js';
import { pipeline } from '../rig/cli.js';
import { tarBytes, tarMember } from '../rig/tar.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const file = (path: string, content = 'x'): Buffer => tarMember({ path }, Buffer.from(content));

/** A PAX header: `key=value` records, each with its length in front. */
function pax(type: 'x' | 'g', records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + 1;
    while (String(length).length + rest !== length) length++;
    return `${String(length)} ${key}=${value}\n`;
  });
  return tarMember({ path: 'PaxHeader', type }, Buffer.from(lines.join('')));
}

/** Unpacks below a folder of its own. @returns what was unpacked, or the code of the refusal */
async function outcome(bytes: Uint8Array): Promise<readonly string[] | string> {
  const root = temporaryFolder();
  const target = join(root, 'target');
  mkdirSync(target);
  writeFileSync(join(root, 'archive'), bytes);
  const limits = { files: 10, bytes: 100_000 };
  const unpacked = await unpackArchive(join(root, 'archive'), target, limits, new AbortController().signal).catch(
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
  expect(readdirSync(root).sort()).toEqual(['archive', 'target']);
  return unpacked;
}

describe('an archive is refused', () => {
  test.each([
    ['whose PAX size is beyond the file', tarBytes(pax('x', { size: '5000' }), file('a'))],
    ['whose PAX size is beyond the limit', tarBytes(pax('x', { size: '5000000000' }), file('a'))],
    ['whose name in PAX leads out', tarBytes(pax('x', { path: '../../evil' }), file('a'))],
    ['with a sparse file', tarBytes(tarMember({ path: 'a', type: 'S' }))],
    [
      'with a hard link of a long name',
      tarBytes(tarMember({ path: 'x', type: 'K' }, Buffer.from('/etc/passwd\0')), tarMember({ path: 'a', type: '1' })),
    ],
    ['with a name that no file system takes', tarBytes(pax('x', { path: `d/${'n'.repeat(256)}` }), file('a'))],
    ['with a name of 10,000 folders', tarBytes(pax('x', { path: `${'d/'.repeat(10_000)}f` }), file('a'))],
    ['that is a ZIP file', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(2000)])],
    ['that unpacks to a thousand times its size', gzipSync(Buffer.alloc(50_000_000))],
  ])('%s', async (_, bytes) => {
    expect(await outcome(bytes)).toMatch(/^archive-(unsafe|too-large|invalid)$/u);
  });
});

test.each([
  ['a negative size', pax('x', { size: '-1' })],
  ['a size that is no number', pax('x', { size: 'NaN' })],
  ['a name for all members', pax('g', { path: '../../evil' })],
])('%s in a PAX header means nothing', async (_, header) => {
  expect(await outcome(tarBytes(header, file('a')))).toEqual(['a']);
});

test('the whole program writes nothing of a hostile archive, and works on', async () => {
  const folder = temporaryFolder();
  const run = async (): ReturnType<typeof pipeline> => pipeline(folder, ['run', 'p.yaml', '--json']);
  writeFileSync(
    join(folder, 'p.yaml'),
    'version: 1\nname: p\nnodes: {a: {component: ExampleGen, params: {source: {cifar10: {path: cifar.tar.gz}}}}}\n',
  );
  writeFileSync(join(folder, 'cifar.tar.gz'), gzipSync(tarBytes(file('good'), file('../../../../evil'))));
  const refused = await run();
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain('archive-unsafe');
  expect(readdirSync(folder).sort()).toEqual(['.pipeline', 'cifar.tar.gz', 'p.yaml']);
  const store = join(folder, '.pipeline');
  expect(existsSync(join(store, 'artifacts')) ? readdirSync(join(store, 'artifacts')) : []).toEqual([]);
  expect(existsSync(join(store, 'staging')) ? readdirSync(join(store, 'staging')) : []).toEqual([]);

  const record = (label: number): Buffer => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, label)]);
  const batches = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];
  const members = batches.map((name, index) => tarMember({ path: `cifar-10-batches-bin/${name}.bin` }, record(index)));
  writeFileSync(join(folder, 'cifar.tar.gz'), gzipSync(tarBytes(...members)));
  expect((await run()).status).toBe(0);
});
