/**
 * TensorFlow reads what ExampleGen writes, and ExampleGen reads what TensorFlow writes. Needs Python with tensorflow-cpu
 * 2.21: OFFICIAL_TF_PYTHON names its interpreter.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { sha256Hex } from '../../artifacts/digest.js';
import type { Column } from '../../components/formats/examples/examples-info.js';
import { cifarFiles, generate, type Files, type Generated } from '../components/example-gen/generate.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const python = process.env['OFFICIAL_TF_PYTHON'] ?? '';
if (python === '') {
  if (process.env['REQUIRE_ALL_TESTS'] === '1')
    throw new Error('OFFICIAL_TF_PYTHON must name a Python with TensorFlow');
  console.warn('skipped: OFFICIAL_TF_PYTHON names no Python with TensorFlow');
}
const official = python === '' ? describe.skip : describe;

const script = join(dirname(fileURLToPath(import.meta.url)), 'check_tfrecord.py');

function run(command: 'read' | 'write' | 'damage', path: string): unknown {
  const output = execFileSync(python, [script, command, path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return output === '' ? undefined : JSON.parse(output);
}

/** What Python says about a split. */
interface OfficialSplit {
  readonly examples: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** SHA-256 of every record. */
  readonly hashes: readonly string[];
}

/** A column as Python reports it: bytes by their hash, the rest as numbers or texts. */
function reported(column: Column | undefined): unknown {
  if (column instanceof Uint8Array) return sha256Hex(column);
  if (column instanceof Int32Array) return [...column];
  if (column instanceof Float32Array) return [...column].map((value) => [value]);
  const items = column as readonly (Uint8Array | string)[];
  return typeof items[0] === 'string' ? items : sha256Hex(Buffer.concat(items as readonly Uint8Array[]));
}

/** Compares all splits with what TensorFlow reads. */
async function compare(generated: Generated): Promise<Readonly<Record<string, OfficialSplit>>> {
  const splits = run('read', generated.folder) as Readonly<Record<string, OfficialSplit>>;
  expect(Object.keys(splits).sort()).toEqual(Object.keys(generated.info.splits).sort());
  for (const [name, split] of Object.entries(splits)) {
    expect(split.examples).toBe(generated.info.splits[name]?.examples);
    const columns = await generated.columns(name);
    for (const [feature, column] of Object.entries(columns)) {
      expect([name, feature, split.values[feature]]).toEqual([name, feature, reported(column)]);
    }
  }
  return splits;
}

official('TensorFlow', () => {
  test('reads images and labels, and TFX would divide them the same way', async () => {
    const generated = await generate(
      temporaryFolder(),
      { source: { cifar10: { path: 'cifar' } }, split: { train: { train: 3, eval: 1 } } },
      cifarFiles(50),
    );
    const splits = await compare(generated);
    expect(splits['train']?.examples).toBeGreaterThan(splits['eval']?.examples ?? 0);
    for (const [name, split] of Object.entries(splits)) {
      if (name === 'test') continue;
      const buckets = split.hashes.map((hash) => Number(BigInt(`0x${hash}`) % 4n));
      expect(buckets.every((bucket) => (name === 'train' ? bucket < 3 : bucket === 3))).toBe(true);
    }
  });

  test('reads tables: floats, integers, text, names that begin with each other', async () => {
    const rows = Array.from(
      { length: 200 },
      (_, index) => `${String(index / 7)},${String(-index)},"ü ""${String(index)}""\n",${'abc'[index % 3] ?? ''}`,
    );
    const files: Files = { 't.csv': `x,x/y,name,label\n${rows.join('\n')}\n` };
    await compare(await generate(temporaryFolder(), { source: { csv: { path: 't.csv', label: 'label' } } }, files));
  });

  test('reads images kept as files', async () => {
    const picture = (size: number): Promise<Buffer> =>
      sharp({ create: { height: size, width: size, channels: 3, background: '#abc' } })
        .jpeg()
        .toBuffer();
    const files: Files = {
      'p/a/1.jpg': await picture(3),
      'p/b/1.jpg': await picture(5),
      'p/b/2.jpg': await picture(7),
    };
    await compare(await generate(temporaryFolder(), { source: { images: { path: { train: 'p' } } } }, files));
  });

  test('writes what ExampleGen reads', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'base'));
    run('write', join(folder, 'base/python.gz'));
    const { info, columns } = await generate(
      folder,
      {
        source: {
          tfrecord: {
            path: { train: 'python.gz' },
            label: 'label',
            features: { pixels: { image: [2, 2, 1] }, weight: 'float', name: 'string' },
          },
        },
      },
      {},
    );
    expect(info.splits['train']?.examples).toBe(50);
    const { label, weight, name, pixels } = await columns('train');
    expect([...(label as Int32Array)].slice(0, 4)).toEqual([0, 1, 2, 0]);
    expect([...(weight as Float32Array)].slice(2, 6)).toEqual([0.5, -1, 1, -2]);
    expect((name as readonly string[])[7]).toBe('ü 7');
    expect([...(pixels as Uint8Array).subarray(4, 8)]).toEqual([1, 254, 0, 128]);
  });

  test('sees damage where we see it', async () => {
    const { folder } = await generate(temporaryFolder(), { source: { cifar10: { path: 'cifar' } } }, cifarFiles(2));
    const copy = join(temporaryFolder(), 'copy.gz');
    writeFileSync(copy, readFileSync(join(folder, 'Split-test/data_tfrecord-00000-of-00001.gz')));
    expect(run('damage', copy)).toBe('DataLossError');
    const files: Files = { data: readFileSync(`${copy}.damaged`) };
    await expect(
      generate(temporaryFolder(), { source: { tfrecord: { path: { train: 'data' } } } }, files),
    ).rejects.toMatchObject({ code: 'tfrecord-invalid' });
  });
});
