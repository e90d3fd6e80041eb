/**
 * Opens the source that the params name.
 */
import type { ParamValues } from '../../params.js';
import { openCifar10 } from './cifar10-source.js';
import { openCsv } from './csv-source.js';
import { openIdxSource, type IdxFiles } from './idx-source.js';
import { openImages } from './images-source.js';
import type { ByInput, Source, SourceContext } from './source.js';
import type { spec } from '../spec.js';
import { openTfrecord } from './tfrecord-source.js';

type SourceParam = ParamValues<(typeof spec)['params']>['source'];

/** Absolute paths by input, from a param that is one path or several by split. */
function paths(value: string | Readonly<Record<string, string>>, context: SourceContext): ByInput<string> {
  const entries = typeof value === 'string' ? [[undefined, value] as const] : Object.entries(value);
  return new Map(entries.map(([name, path]) => [name, context.resolve(path)]));
}

function asMap<T>(record: Readonly<Record<string, T>> | undefined): ReadonlyMap<string, T> | undefined {
  return record === undefined ? undefined : new Map(Object.entries(record));
}

/** Whether an IDX source is one pair of files, not several by split. */
function isPair(idx: IdxFiles | Readonly<Record<string, IdxFiles>>): idx is IdxFiles {
  return typeof idx['images'] === 'string';
}

/**
 * Opens a source.
 *
 * @throws StepError when its files are missing, damaged, or not what the params say
 */
export async function openSource(source: SourceParam, context: SourceContext): Promise<Source> {
  if ('cifar10' in source) return openCifar10(source.cifar10, context);
  if ('idx' in source) {
    const { idx } = source;
    return openIdxSource(isPair(idx) ? new Map([[undefined, idx]]) : new Map(Object.entries(idx)), context);
  }
  if ('images' in source) {
    const { path, size, fit, color_mode } = source.images;
    const [height, width] = size ?? [];
    return openImages(
      {
        folders: paths(path, context),
        size: height === undefined || width === undefined ? undefined : { height, width },
        fit,
        channels: color_mode === 'rgb' ? 3 : 1,
      },
      context,
    );
  }
  if ('csv' in source) {
    const { path, delimiter, label, features } = source.csv;
    return openCsv({ paths: paths(path, context), delimiter, label, types: asMap(features) }, context);
  }
  const { path, label, features } = source.tfrecord;
  return openTfrecord({ paths: paths(path, context), label, types: asMap(features) }, context);
}
