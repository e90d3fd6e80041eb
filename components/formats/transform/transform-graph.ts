/**
 * `transform_graph.json`: the operations that turn raw features into what a model is fed with, with the constants that
 * the analysis of the training split gave. Plain data, so that training, evaluation and every exported model apply the
 * very same thing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import { isMapping } from '../../../artifacts/mapping.js';
import { systemErrorCode } from '../../../artifacts/system-error.js';
import { StepError } from '../../executor.js';
import type { FeatureSpec } from '../examples/examples-info.js';
import { isFeatureName, parseFeature } from '../examples/parse-examples-info.js';
import { parseStep } from './parse-transform-step.js';
import { afterStep, rawValue, type StepValue, type TransformStep } from './transform-steps.js';

export { standardizeFactors, type TransformStep } from './transform-steps.js';

/** One transformed feature. */
export interface TransformedFeature {
  /** Name of the raw feature it is made from. */
  readonly source: string;
  readonly role: 'feature' | 'label';
  readonly steps: readonly TransformStep[];
  /**
   * Type and shape of one example after all steps. A feature is float32. A label is an int32 class index of shape [],
   * float32 of shape [number of classes] when it is one-hot encoded, or a float32 number of shape [1] to be predicted.
   */
  readonly output: { readonly dtype: 'float32' | 'int32'; readonly shape: readonly number[] };
  /** For a label: the names of the classes, by index. */
  readonly classes?: readonly string[];
}

/** The content of `transform_graph.json`. */
export interface TransformGraphFile {
  readonly version: 1;
  readonly inputs: Readonly<Record<string, FeatureSpec>>;
  /** Transformed features by name. A model takes those with the role `feature`, in the order of {@link featureNames}. */
  readonly features: Readonly<Record<string, TransformedFeature>>;
}

/** Name of the file in a TransformGraph, and in a Model. */
export const TRANSFORM_GRAPH_FILE = 'transform_graph.json';

/** Names of the transformed features of one role in the order of their code units, which is the one a model takes them in. */
export function featureNames(graph: TransformGraphFile, role: TransformedFeature['role']): readonly string[] {
  return Object.entries(graph.features)
    .filter(([, feature]) => feature.role === role)
    .map(([name]) => name)
    .sort((a, b) => (a < b ? -1 : 1));
}

/**
 * Writes `transform_graph.json` as canonical JSON.
 *
 * @param folder - of a TransformGraph or Model artifact
 */
export async function writeTransformGraph(folder: string, graph: TransformGraphFile): Promise<void> {
  await writeFile(join(folder, TRANSFORM_GRAPH_FILE), canonicalJson(graph));
}

type Fail = (what: string) => never;

/** Applies steps to what a raw feature looks like. */
function outputOf(source: FeatureSpec, steps: readonly TransformStep[], fail: Fail): StepValue {
  return steps.reduce((value, step, index) => {
    const next = afterStep(value, step);
    return 'problem' in next ? fail(`step ${String(index + 1)} (${step.op}) ${next.problem}`) : next;
  }, rawValue(source));
}

/** Names of the classes of a label by index: those of the examples, or the texts of a vocabulary. */
function classesOf(source: FeatureSpec, steps: readonly TransformStep[]): readonly string[] | undefined {
  if (source.kind === 'label') return source.classes;
  const [first] = steps;
  return first?.op === 'vocabulary' ? first.tokens : undefined;
}

/**
 * Puts a transformed feature together.
 *
 * @param fail - called with what is wrong, after the feature's name
 */
export function transformedFeature(
  name: string,
  source: FeatureSpec,
  role: TransformedFeature['role'],
  steps: readonly TransformStep[],
  fail: Fail,
): TransformedFeature {
  const { dtype, shape } = outputOf(source, steps, fail);
  const classes = role === 'label' ? classesOf(source, steps) : undefined;
  const scalar = shape.length === 0;
  if (classes === undefined) {
    if (dtype !== 'float32') return fail(`gives ${dtype}, not float32`);
    if (role === 'label' && (shape.length !== 1 || shape[0] !== 1)) return fail('is a label of more than one number');
    return { source: name, role, steps, output: { dtype, shape } };
  }
  if (dtype === 'int32' && scalar) return { source: name, role, steps, output: { dtype, shape }, classes };
  const encoded = steps.at(-1)?.op === 'one_hot' && steps.length === (source.kind === 'label' ? 1 : 2);
  if (dtype !== 'float32' || !encoded || shape[0] !== classes.length) return fail('is no class index any more');
  return { source: name, role, steps, output: { dtype, shape }, classes };
}

function sameList(declared: unknown, list: readonly unknown[]): boolean {
  return (
    Array.isArray(declared) && declared.length === list.length && list.every((item, index) => item === declared[index])
  );
}

/** Whether what a file says about a feature is what its steps give. */
function declares(value: Readonly<Record<string, unknown>>, { output, classes }: TransformedFeature): boolean {
  const declared = value['output'];
  return (
    isMapping(declared) &&
    declared['dtype'] === output.dtype &&
    sameList(declared['shape'], output.shape) &&
    (classes === undefined ? value['classes'] === undefined : sameList(value['classes'], classes))
  );
}

function parseGraph(root: unknown, fail: Fail): TransformGraphFile {
  if (!isMapping(root)) return fail('this is no mapping');
  if (root['version'] !== 1) return fail(`version ${JSON.stringify(root['version'])} is not known; 1 is`);
  const { inputs, features } = root;
  if (!isMapping(inputs) || !isMapping(features)) return fail('there are no inputs or features');
  const sources = Object.entries(inputs).map(([name, value]) => {
    if (!isFeatureName(name)) return fail('an input has no valid name');
    return [name, parseFeature(value, (what) => fail(`input '${name}' ${what}`))] as const;
  });
  const specs = new Map(sources);
  const transformed = Object.entries(features).map(([name, value]) => {
    const failHere: Fail = (what) => fail(`feature '${name}' ${what}`);
    if (!isFeatureName(name)) return fail('a feature has no valid name');
    if (!isMapping(value) || !Array.isArray(value['steps'])) return failHere('has no steps');
    const { source, role } = value;
    const spec = typeof source === 'string' ? specs.get(source) : undefined;
    if (typeof source !== 'string' || spec === undefined) return failHere('is made from an unknown input');
    if (role !== 'feature' && role !== 'label') return failHere("has no known 'role'");
    const steps = value['steps'].map((step: unknown, index) =>
      parseStep(step, (what) => failHere(`step ${String(index + 1)} ${what}`)),
    );
    const feature = transformedFeature(source, spec, role, steps, failHere);
    if (!declares(value, feature)) return failHere('gives something else than it declares');
    return [name, feature] as const;
  });
  return { version: 1, inputs: Object.fromEntries(sources), features: Object.fromEntries(transformed) };
}

/**
 * Reads `transform_graph.json` and checks all of it: kinds, constants, that every step can be applied to what the one
 * before it gives, and that the outputs are as declared.
 *
 * @param folder - of a TransformGraph or Model artifact
 * @throws StepError `transform-graph-invalid` when it is missing, damaged or contradicts itself
 */
export async function readTransformGraph(folder: string): Promise<TransformGraphFile> {
  const file = join(folder, TRANSFORM_GRAPH_FILE);
  const fail: Fail = (what) => {
    throw new StepError('transform-graph-invalid', `${file}: ${what}`, 'make it again');
  };
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === undefined) throw error;
    return fail('this file cannot be read');
  });
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return fail('this is no JSON');
  }
  return parseGraph(root, fail);
}
