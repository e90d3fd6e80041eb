/**
 * TFRecord files of tf.Example that another program wrote: a TFX ExampleGen, a tf.data pipeline.
 */
import { StepError } from '../../executor.js';
import { decodeExample, type Example } from '../../formats/examples/example.js';
import type { FeatureSpec } from '../../formats/examples/examples-info.js';
import { bytesOf, decodeText, integerOf } from '../../formats/examples/feature-values.js';
import { FEATURE_NAME_RULE, isFeatureName } from '../../formats/examples/parse-examples-info.js';
import { readRecords } from '../../formats/examples/tfrecord.js';
import { classesUpTo, labelCollector, namedClasses, type NamedClasses } from './class-names.js';
import { dataFiles } from './data-files.js';
import type { ByInput, Source, SourceContext } from './source.js';
import { featureInvalid, guessSpec, specOf, take, valueOf, type DeclaredType } from './tfrecord-features.js';

/** What a TFRecord source is opened with. */
export interface TfrecordParams {
  /** Absolute paths. */
  readonly paths: ByInput<string>;
  readonly label: string | undefined;
  /** Types of the features to take; undefined for all. */
  readonly types: ReadonlyMap<string, DeclaredType> | undefined;
}

interface PlacedExample {
  readonly where: string;
  readonly example: Example;
}

async function* readExamples(files: readonly string[]): AsyncGenerator<PlacedExample> {
  for (const file of files) {
    let index = 0;
    for await (const record of readRecords(file)) {
      const where = `${file}, example ${String(index++)}`;
      yield { where, example: decodeExample(record, where) };
    }
  }
}

/** Goes through the labels of all inputs. */
async function inspectLabels(
  inputs: ByInput<readonly string[]>,
  label: string,
  context: SourceContext,
): Promise<{ readonly spec: FeatureSpec; readonly classes: NamedClasses | undefined }> {
  const labels = labelCollector(`feature '${label}'`);
  let largest = -1;
  for (const files of inputs.values()) {
    for await (const { where, example } of readExamples(files)) {
      context.signal.throwIfAborted();
      const feature = example.get(label);
      const index = take(where, label, () => {
        if (feature?.kind === 'bytes') labels.add(decodeText(bytesOf(feature)));
        return feature?.kind === 'bytes' ? -1 : integerOf(feature);
      });
      if (index < 0 && feature?.kind !== 'bytes') {
        throw featureInvalid(
          where,
          label,
          `${String(index)} is the index of no class`,
          'a number to be predicted is no label',
        );
      }
      largest = Math.max(largest, index);
    }
  }
  if (labels.seen.size > 0 && largest >= 0) {
    throw new StepError('label-unknown', `feature '${label}' is text in some examples, and a number in others`);
  }
  if (labels.seen.size === 0) {
    const names = classesUpTo(Math.max(0, largest), context.classes, `feature '${label}'`);
    return { spec: { kind: 'label', classes: names }, classes: undefined };
  }
  const classes = namedClasses(labels.seen, context.classes, `feature '${label}'`);
  return { spec: { kind: 'label', classes: classes.names }, classes };
}

async function firstExample(inputs: ByInput<readonly string[]>): Promise<PlacedExample> {
  for (const files of inputs.values()) {
    for await (const placed of readExamples(files)) return placed;
  }
  throw new StepError('no-examples', 'there are no examples in the TFRecord files');
}

/**
 * Opens TFRecord files. Their features are known from the first example; with a label, all are read once before.
 *
 * @throws StepError when a file is damaged, an example lacks a feature, or a feature cannot be one of ours
 */
export async function openTfrecord(params: TfrecordParams, context: SourceContext): Promise<Source> {
  const inputs = new Map<string | undefined, readonly string[]>();
  for (const [name, path] of params.paths) inputs.set(name, await dataFiles(path));
  const { where, example } = await firstExample(inputs);
  const { label, types } = params;
  const names = new Set([...(types?.keys() ?? example.keys()), ...(label === undefined ? [] : [label])]);
  const labels = label === undefined ? undefined : await inspectLabels(inputs, label, context);
  const specs = [...names].sort().map((name): readonly [string, FeatureSpec] => {
    if (!isFeatureName(name)) throw featureInvalid(where, name, 'the name cannot be used', FEATURE_NAME_RULE);
    if (name === label && labels !== undefined) return [name, labels.spec];
    const feature = example.get(name);
    if (feature === undefined) {
      throw featureInvalid(
        where,
        name,
        'it is missing',
        `there are: ${[...example.keys()].sort().slice(0, 30).join(', ')}`,
      );
    }
    const type = types?.get(name);
    return [name, type === undefined ? guessSpec(name, feature, where) : specOf(type, feature)];
  });
  return {
    features: Object.fromEntries(specs),
    inputs: [...inputs].map(([name, files]) => ({
      name,
      examples: undefined,
      read: async function* () {
        for await (const { where: place, example: one } of readExamples(files)) {
          yield Object.fromEntries(
            specs.map(([feature, spec]) => [
              feature,
              take(place, feature, () => valueOf(spec, one.get(feature), labels?.classes)),
            ]),
          );
        }
      },
    })),
  };
}
