/**
 * Folders of images by class. Images that are brought to one size, or have one, become raw pixels; others are kept as
 * the files they are, once it is sure that they can be decoded.
 */
import { readFile, stat } from 'node:fs/promises';
import { StepError } from '../../executor.js';
import { fileError } from '../../formats/byte-stream.js';
import { decodeImage, imageSize, type DecodeOptions, type Fit, type ImageSize } from '../../formats/decode-image.js';
import type { Features } from '../../formats/examples/examples-writer.js';
import { listImageFolder, type ImageFile } from '../../formats/image-folder.js';
import { MAX_RECORD_BYTES } from '../../formats/examples/tfrecord.js';
import { mapOrdered } from './ordered.js';
import type { ByInput, Source, SourceContext } from './source.js';

/** Images that are decoded at once: as many as Node has threads for it. Large ones need hundreds of megabytes each. */
const AT_ONCE = 4;

const SPLIT_LIKE = new Set(['train', 'training', 'test', 'testing', 'val', 'valid', 'validation', 'eval']);

/** What an images source is opened with. */
export interface ImagesParams {
  readonly folders: ByInput<string>;
  readonly channels: 1 | 3;
  readonly size: ImageSize | undefined;
  readonly fit: Fit;
}

async function readImage(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > MAX_RECORD_BYTES - 1024) {
      throw new StepError('image-invalid', `${file} has ${String(size)} bytes`, 'make it smaller, or remove it');
    }
    return await readFile(file);
  } catch (error) {
    throw fileError(error, file);
  }
}

/** The size that all images have; undefined when they differ. */
async function commonSize(images: readonly ImageFile[], context: SourceContext): Promise<ImageSize | undefined> {
  let common: ImageSize | undefined;
  let seen = 0;
  for await (const size of mapOrdered(images, AT_ONCE, async ({ file }) => imageSize(await readImage(file), file))) {
    context.signal.throwIfAborted();
    common ??= size;
    if (size.height !== common.height || size.width !== common.width) return undefined;
    seen++;
    if (seen % 1000 === 0) context.progress({ message: 'comparing sizes', fraction: seen / images.length });
  }
  return common;
}

interface OpenedFolder {
  readonly name: string | undefined;
  readonly images: readonly ImageFile[];
}

async function openFolder(name: string | undefined, folder: string, context: SourceContext): Promise<OpenedFolder> {
  const { images, ignored } = await listImageFolder(folder);
  if (ignored.length > 0) {
    context.log.warn(
      `${folder}: ${String(ignored.length)} files beside the classes are left out, such as ${String(ignored[0])}`,
    );
  }
  const classes = new Set(images.map(({ className }) => className));
  if (classes.size === 0) {
    throw new StepError(
      'no-examples',
      `${folder} holds no folders with images`,
      'it must hold a folder for every class',
    );
  }
  if ([...classes].every((className) => SPLIT_LIKE.has(className.toLowerCase()))) {
    const splits = [...classes].map((split) => `${split}: …/${split}`).join(', ');
    throw new StepError(
      'images-by-split',
      `${folder} holds ${[...classes].join(', ')}: these look like splits, not classes`,
      `give them as inputs: path: {${splits}}`,
    );
  }
  return { name, images };
}

function classIndices(folders: readonly OpenedFolder[], given: readonly string[] | undefined): readonly string[] {
  const found = new Set(folders.flatMap(({ images }) => images.map(({ className }) => className)));
  const unknown = given === undefined ? undefined : [...found].find((name) => !given.includes(name));
  if (unknown !== undefined) {
    throw new StepError(
      'label-unknown',
      `there is a folder '${unknown}', which is none of the classes`,
      `'classes' names: ${(given ?? []).slice(0, 20).join(', ')}`,
    );
  }
  return given ?? [...found].sort();
}

/**
 * Opens folders of images.
 *
 * @throws StepError when there are none, or a folder is none of the given classes
 */
export async function openImages(params: ImagesParams, context: SourceContext): Promise<Source> {
  const folders: OpenedFolder[] = [];
  for (const [name, path] of params.folders) folders.push(await openFolder(name, context.resolve(path), context));
  const classes = classIndices(folders, context.classes);
  const indices = new Map(classes.map((className, index) => [className, index]));
  const all = folders.flatMap(({ images }) => images);
  const size = params.size ?? (await commonSize(all, context));
  const decoding: DecodeOptions = { size, fit: params.fit, channels: params.channels };
  const features: Features = {
    image:
      size === undefined
        ? { kind: 'image', encoding: 'encoded' }
        : { kind: 'image', encoding: 'raw', height: size.height, width: size.width, channels: params.channels },
    label: { kind: 'label', classes },
  };
  if (size === undefined) {
    context.log.info('the images differ in size: their files are kept, and a Transform has to decode them');
  }
  const readOne = async ({ file, className }: ImageFile): Promise<{ image: Uint8Array; label: number }> => {
    const bytes = await readImage(file);
    const { pixels } = await decodeImage(bytes, decoding, file);
    return { image: size === undefined ? bytes : pixels, label: indices.get(className) ?? 0 };
  };
  return {
    features,
    inputs: folders.map(({ name, images }) => ({
      name,
      examples: images.length,
      read: () => mapOrdered(images, AT_ONCE, readOne),
    })),
  };
}
