/**
 * CIFAR-10: the official archive in its binary version, downloaded or given, or its unpacked folder.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../../executor.js';
import { unpackArchive, type ArchiveLimits } from '../../formats/archive.js';
import { fileError } from '../../formats/byte-stream.js';
import {
  CIFAR10_CLASSES,
  CIFAR10_FILES,
  CIFAR10_FOLDER,
  CIFAR_SIZE,
  countCifarImages,
  readCifarClasses,
  readCifarImages,
} from '../../formats/cifar.js';
import type { Features } from '../../formats/examples/examples-writer.js';
import { numberedClasses } from './class-names.js';
import { download, type Wanted } from '../download/download.js';
import type { Source, SourceContext } from './source.js';

/** The official archive has 8 files and 184 MB. */
const LIMITS: ArchiveLimits = { files: 100, bytes: 400_000_000 };

const HINT = "get cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, 'CIFAR-10 binary version'";

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The folder with the batches: a folder itself, or the one that the official archive has inside. */
async function findBatches(folder: string, shown: string): Promise<string> {
  for (const candidate of [folder, join(folder, CIFAR10_FOLDER)]) {
    if (await isThere(join(candidate, 'test_batch.bin'))) return candidate;
  }
  for (const python of [folder, join(folder, 'cifar-10-batches-py')]) {
    if (await isThere(join(python, 'batches.meta'))) {
      throw new StepError('cifar-invalid', `${shown} is the Python version of CIFAR-10, not the binary one`, HINT);
    }
  }
  throw new StepError(
    'cifar-invalid',
    `${shown} does not hold test_batch.bin, as CIFAR-10's binary version does`,
    HINT,
  );
}

/**
 * Opens CIFAR-10.
 *
 * @throws StepError when the archive can neither be found nor downloaded, or is not in the official layout
 */
export async function openCifar10(
  params: { readonly path?: string | null | undefined; readonly archive: Wanted },
  context: SourceContext,
): Promise<Source> {
  const given = typeof params.path === 'string' ? context.resolve(params.path) : undefined;
  const path = given ?? (await download(params.archive, context));
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  let folder = path;
  if (!info.isDirectory()) {
    folder = join(context.tempDir, 'cifar10');
    await mkdir(folder);
    context.progress({ message: 'unpacking the archive' });
    await unpackArchive(path, folder, LIMITS, context.signal);
  }
  const batches = await findBatches(folder, path);
  const classes = context.classes ?? (await readCifarClasses(batches)) ?? numberedClasses(CIFAR10_CLASSES);
  const features: Features = {
    image: { kind: 'image', encoding: 'raw', height: CIFAR_SIZE, width: CIFAR_SIZE, channels: 3 },
    label: { kind: 'label', classes },
  };
  const inputs = await Promise.all(
    Object.entries(CIFAR10_FILES).map(async ([name, names]) => {
      const files = names.map((file) => join(batches, file));
      const counts = await Promise.all(files.map(countCifarImages));
      return {
        name,
        examples: counts.reduce((sum, count) => sum + count, 0),
        read: async function* () {
          for (const file of files) {
            for await (const { label, pixels } of readCifarImages(file)) yield { image: pixels, label };
          }
        },
      };
    }),
  );
  return { features, inputs };
}
