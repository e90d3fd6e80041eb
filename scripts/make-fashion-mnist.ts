/**
 * Makes the small Fashion-MNIST in pipelines/data/fashion-mnist/ from the full data set, as Debian's package
 * dataset-fashion-mnist installs it: of every class the first 600 training and the first 100 test images, in the order of
 * the source. The same bytes come out every time.
 *
 *     npx esbuild scripts/make-fashion-mnist.ts --bundle --platform=node --format=esm --outfile=dist/make-fashion-mnist.mjs
 *     node dist/make-fashion-mnist.mjs [SOURCE_FOLDER] [TARGET_FOLDER]
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { gzip } from '../components/formats/byte-stream.js';
import { encodeIdx } from '../components/formats/idx.js';

const CLASSES = 10;
const IMAGE_BYTES = 28 * 28;
const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;

/** Source files with the SHA-256 of what is inside them, and how much of each class is taken. */
const SPLITS = [
  {
    name: 'train',
    perClass: 600,
    images: 'train-images-idx3-ubyte.gz',
    imagesSha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    labels: 'train-labels-idx1-ubyte.gz',
    labelsSha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  },
  {
    name: 'test',
    perClass: 100,
    images: 't10k-images-idx3-ubyte.gz',
    imagesSha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    labels: 't10k-labels-idx1-ubyte.gz',
    labelsSha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
] as const;

async function unpack(file: string, sha256: string): Promise<Buffer> {
  const bytes = gunzipSync(await readFile(file));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`${file}: SHA-256 of the content is ${found}, not ${sha256}`);
  return bytes;
}

const [, , source = '/usr/share/datasets/fashion-mnist', target = 'pipelines/data/fashion-mnist'] = process.argv;
await mkdir(target, { recursive: true });
for (const split of SPLITS) {
  const images = await unpack(join(source, split.images), split.imagesSha256);
  const labels = (await unpack(join(source, split.labels), split.labelsSha256)).subarray(LABELS_HEADER);
  const taken = new Array<number>(CLASSES).fill(0);
  const chosen = [...labels.keys()].filter((index) => {
    const label = labels[index] ?? 0;
    taken[label] = (taken[label] ?? 0) + 1;
    return taken[label] <= split.perClass;
  });
  const pixels = Buffer.concat(
    chosen.map((index) => {
      const start = IMAGES_HEADER + index * IMAGE_BYTES;
      return images.subarray(start, start + IMAGE_BYTES);
    }),
  );
  const files = {
    images: encodeIdx([chosen.length, 28, 28], pixels),
    labels: encodeIdx(
      [chosen.length],
      Uint8Array.from(chosen, (index) => labels[index] ?? 0),
    ),
  };
  for (const [part, bytes] of Object.entries(files)) {
    const packed = gzip(bytes, 9);
    await writeFile(join(target, `${split.name}-${part}.idx.gz`), packed);
    console.log(`${split.name}-${part}.idx.gz: ${String(chosen.length)} items, ${String(packed.length)} bytes`);
  }
}
