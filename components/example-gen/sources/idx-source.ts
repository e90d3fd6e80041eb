/**
 * IDX: a file of images and a file of labels for every input, as MNIST and Fashion-MNIST come.
 */
import { StepError } from '../../executor.js';
import type { Features } from '../../formats/examples/examples-writer.js';
import { openIdx, type IdxFile } from '../../formats/idx.js';
import { classesUpTo } from './class-names.js';
import type { ByInput, Source, SourceContext } from './source.js';

/** The two files of an input. */
export interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

interface OpenedPair {
  readonly name: string | undefined;
  readonly files: IdxFiles;
  readonly images: IdxFile;
  readonly labels: IdxFile;
  /** Height, width and channels. */
  readonly shape: readonly [number, number, number];
  readonly largestLabel: number;
}

async function openPair(name: string | undefined, files: IdxFiles): Promise<OpenedPair> {
  const images = await openIdx(files.images, [3, 4]);
  const labels = await openIdx(files.labels, [1]);
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  if (count !== labels.shape[0]) {
    throw new StepError(
      'idx-invalid',
      `${files.images} has ${String(count)} images, but ${files.labels} ${String(labels.shape[0])} labels`,
      'check that the two files belong together',
    );
  }
  let largestLabel = 0;
  for await (const label of labels.items()) largestLabel = Math.max(largestLabel, label[0] ?? 0);
  return { name, files, images, labels, shape: [height, width, channels], largestLabel };
}

async function* readPair({ images, labels }: OpenedPair): AsyncGenerator<{ image: Uint8Array; label: number }> {
  const labelItems = labels.items();
  try {
    for await (const image of images.items()) {
      const label = await labelItems.next();
      if (label.done !== true) yield { image, label: label.value[0] ?? 0 };
    }
    // To its end, so that bytes after the last label are noticed.
    await labelItems.next();
  } finally {
    await labelItems.return(undefined);
  }
}

/**
 * Opens IDX files.
 *
 * @throws StepError when a file is no IDX, two do not belong together, the images of the inputs differ in size, or there are
 *   more classes than names
 */
export async function openIdxSource(inputs: ByInput<IdxFiles>, context: SourceContext): Promise<Source> {
  const pairs: OpenedPair[] = [];
  for (const [name, { images, labels }] of inputs) {
    pairs.push(await openPair(name, { images: context.resolve(images), labels: context.resolve(labels) }));
  }
  const [first] = pairs;
  if (first === undefined) throw new StepError('no-input', 'there is no input');
  for (const { files, shape } of pairs) {
    if (shape.join() === first.shape.join()) continue;
    throw new StepError(
      'idx-invalid',
      `the images of ${files.images} are ${shape.join(' × ')}, those of ${first.files.images} ${first.shape.join(' × ')}`,
      'all inputs need images of one size',
    );
  }
  const largest = pairs.reduce((a, b) => (b.largestLabel > a.largestLabel ? b : a));
  const [height, width, channels] = first.shape;
  const features: Features = {
    image: { kind: 'image', encoding: 'raw', height, width, channels },
    label: { kind: 'label', classes: classesUpTo(largest.largestLabel, context.classes, largest.files.labels) },
  };
  return {
    features,
    inputs: pairs.map((pair) => ({ name: pair.name, examples: pair.images.shape[0], read: () => readPair(pair) })),
  };
}
