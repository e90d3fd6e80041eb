/**
 * Makes an archive in the official binary layout of CIFAR-10 from an archive of its images as files
 * (`cifar10/train/<class>/*.jpg`, `cifar10/test/<class>/*.jpg`), whole or a slice with as many images of every class. The
 * images of the classes take turns, so that every batch has all. The same bytes come out every time.
 *
 *     npm run cifar:archive -- [--source FILE] [--output FILE] [--train 50000] [--test 10000]
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from 'tar';
import { mapOrdered } from '../components/example-gen/sources/ordered.js';
import { unpackArchive } from '../components/formats/archive.js';
import { CIFAR10_CLASSES_FILE, CIFAR10_FILES, CIFAR10_FOLDER, encodeCifarRecord } from '../components/formats/cifar.js';
import { decodeImage } from '../components/formats/decode-image.js';
import { listImageFolder } from '../components/formats/image-folder.js';

const { values: options } = parseArgs({
  options: {
    source: { type: 'string', default: '../shared/data/cifar10-images.tar.gz' },
    output: { type: 'string', default: 'cifar-10-binary.tar.gz' },
    train: { type: 'string', default: '50000' },
    test: { type: 'string', default: '10000' },
  },
});

const began = performance.now();
const temporary = await mkdtemp(join(tmpdir(), 'make-cifar-'));
try {
  const unpacked = join(temporary, 'images');
  const batches = join(temporary, CIFAR10_FOLDER);
  await mkdir(unpacked);
  await mkdir(batches);
  await unpackArchive(options.source, unpacked, { files: 100_000, bytes: 2e9 }, new AbortController().signal);
  for (const split of ['train', 'test'] as const) {
    const { images } = await listImageFolder(join(unpacked, 'cifar10', split));
    const classes = [...new Set(images.map(({ className }) => className))].sort();
    await writeFile(join(batches, CIFAR10_CLASSES_FILE), `${classes.join('\n')}\n\n`);
    const byClass = classes.map((name) => images.filter(({ className }) => className === name).map(({ file }) => file));
    const wanted = Number(options[split]);
    const chosen = Array.from({ length: wanted }, (_, index) => {
      const label = index % classes.length;
      const file = byClass[label]?.[Math.floor(index / classes.length)];
      if (file === undefined) throw new Error(`there are fewer than ${String(wanted)} images in ${split}`);
      return { file, label };
    });
    const records = mapOrdered(chosen, 8, async ({ file, label }) => {
      const { pixels } = await decodeImage(await readFile(file), { channels: 3 }, file);
      return encodeCifarRecord({ label, pixels });
    });
    const files = CIFAR10_FILES[split];
    for (const [index, name] of files.entries()) {
      const end = Math.floor((wanted * (index + 1)) / files.length);
      const start = Math.floor((wanted * index) / files.length);
      const batch: Uint8Array[] = [];
      while (batch.length < end - start) {
        const next = await records.next();
        if (next.done === true) break;
        batch.push(next.value);
      }
      await writeFile(join(batches, name), Buffer.concat(batch));
      console.log(`${name}: ${String(batch.length)} images`);
    }
  }
  await create(
    { file: options.output, cwd: temporary, gzip: { level: 6 }, portable: true, mtime: new Date(0), strict: true },
    [CIFAR10_FOLDER],
  );
  console.log(`${options.output}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
} finally {
  await rm(temporary, { recursive: true, force: true });
}
