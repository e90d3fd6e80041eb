/**
 * Resolves the operations of every feature, reading the analysed split only when a statistic is needed.
 */
import { StepError, type Executor } from '../executor.js';
import { defaultFeature } from '../formats/transform/default-transform.js';
import { readExamplesInfo, readSplit } from '../formats/examples/examples-files.js';
import type { Column, Columns, ExamplesInfo, FeatureSpec } from '../formats/examples/examples-info.js';
import {
  featureNames,
  writeTransformGraph,
  type TransformedFeature,
  type TransformGraphFile,
} from '../formats/transform/transform-graph.js';
import { closestName } from '../suggestion.js';
import { analyze, placeholderStatistics, type Wanted } from './analysis.js';
import { describeSteps } from './describe-steps.js';
import { resolveSteps, type Fail } from './resolve-steps.js';
import type { Operation, spec } from './spec.js';

type Context = Parameters<Executor<typeof spec>>[0];

function checkNames(features: Readonly<Record<string, unknown>>, info: ExamplesInfo): void {
  const known = Object.keys(info.features);
  const unknown = Object.keys(features).find((name) => !Object.hasOwn(info.features, name));
  if (unknown === undefined) return;
  const closest = closestName(unknown, known);
  throw new StepError(
    'feature-unknown',
    `the examples have no feature '${unknown}'`,
    closest === undefined ? `they have: ${known.join(', ')}` : `did you mean '${closest}'?`,
  );
}

function failFor(name: string): Fail {
  return (what, hint) => {
    throw new StepError('feature-not-transformable', `feature '${name}' ${what}`, hint);
  };
}

function lastAxis(feature: FeatureSpec, [first]: readonly Operation[]): number {
  if (feature.kind === 'float') return feature.size;
  if (feature.kind !== 'image') return 1;
  if (feature.encoding === 'raw') return feature.channels;
  return first !== undefined && 'decode' in first ? first.decode.channels : 1;
}

/** Reads the analysed split when it is first asked for. */
function analyzedSplit({ inputs, params }: Context, info: ExamplesInfo): () => Promise<Columns> {
  const split = params.analyze_split;
  let reading: Promise<Columns> | undefined;
  return async () => {
    reading ??= readSplit(inputs.examples.path, info, split);
    const data = await reading;
    if (data.examples > 0) return data;
    throw new StepError(
      'split-empty',
      `split '${split}' has no examples to take statistics from`,
      'split otherwise in ExampleGen, or set analyze_split',
    );
  };
}

async function transformFeature(
  name: string,
  feature: FeatureSpec,
  operations: readonly Operation[],
  split: () => Promise<Columns>,
  context: Context,
): Promise<TransformedFeature> {
  const { params, signal, log } = context;
  const fail = failFor(name);
  const wanted: Wanted = { channels: false, tokens: false };
  const plain = resolveSteps(
    name,
    feature,
    operations,
    placeholderStatistics(lastAxis(feature, operations), wanted),
    fail,
  );
  if (!wanted.channels && !wanted.tokens) return plain;
  context.progress({ message: `analysing ${name}` });
  const { columns, examples } = await split();
  const where = `feature '${name}' of split '${params.analyze_split}'`;
  const statistics = await analyze(columns[name] as Column, feature, operations, wanted, where, (row) => {
    signal.throwIfAborted();
    if (row % 100 === 0) context.progress({ message: `analysing ${name}`, fraction: row / examples });
  });
  const constant = wanted.channels ? statistics.channels().filter(({ variance }) => variance === 0).length : 0;
  if (constant > 0) {
    const count = statistics.channels().length;
    log.warn(`${where} is constant${count === 1 ? '' : ` in ${String(constant)} of ${String(count)} channels`}`);
  }
  return resolveSteps(name, feature, operations, statistics, fail);
}

export const execute: Executor<typeof spec> = async (context) => {
  const { inputs, outputs, params, signal, log } = context;
  const info = await readExamplesInfo(inputs.examples.path);
  checkNames(params.features, info);
  const split = analyzedSplit(context, info);
  const features: [string, TransformedFeature][] = [];
  for (const [name, feature] of Object.entries(info.features)) {
    signal.throwIfAborted();
    const named = Object.hasOwn(params.features, name) ? (params.features[name] ?? []) : [];
    if (named.some((form) => 'drop' in form)) continue;
    const transformed =
      named.length === 0
        ? defaultFeature(name, feature, failFor(name))
        : await transformFeature(name, feature, named, split, context);
    if (transformed === undefined) {
      log.warn(
        `feature '${name}' is text and is left out; to use it: {${name}: [one_hot]}, to say that this is meant: [drop]`,
      );
      continue;
    }
    features.push([name, transformed]);
    log.info(`${name}: ${transformed.role}, ${describeSteps(transformed)}`);
  }
  const graph: TransformGraphFile = { version: 1, inputs: info.features, features: Object.fromEntries(features) };
  if (featureNames(graph, 'feature').length === 0) {
    throw new StepError('features-missing', 'nothing is left that a model could learn from', 'drop fewer features');
  }
  await writeTransformGraph(outputs.transform_graph.path, graph);
  outputs.transform_graph.setProperty(
    'features',
    JSON.stringify([...featureNames(graph, 'feature'), ...featureNames(graph, 'label')]),
  );
};
