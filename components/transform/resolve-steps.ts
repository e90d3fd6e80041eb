/**
 * From operations as a pipeline writes them to steps with constants. Statistics are asked for only where they are needed,
 * and not looked at otherwise.
 */
import type { FeatureSpec } from '../formats/examples/examples-info.js';
import { transformedFeature, type TransformedFeature } from '../formats/transform/transform-graph.js';
import { afterStep, rawValue, type StepValue, type TransformStep } from '../formats/transform/transform-steps.js';
import { scaled, type ChannelStatistics } from './channel-statistics.js';
import { operationName, type Operation } from './spec.js';
import type { VocabularyOptions } from './vocabulary.js';

/** What the analysed split says about a raw feature. */
export interface Statistics {
  /** Of every channel of the numbers or the decoded pixels. */
  channels(): readonly ChannelStatistics[];
  /** Texts by index. */
  tokens(options: VocabularyOptions): readonly string[];
}

/** Called with what is wrong with a feature, after its name; and what to do. */
export type Fail = (what: string, hint: string) => never;

/** A feature on its way through the operations. */
interface State {
  readonly value: StepValue;
  readonly steps: readonly TransformStep[];
  /** Statistics of the values as they are now. */
  readonly channels: () => readonly ChannelStatistics[];
  /** Values of pixels as they were read. */
  readonly pixels: boolean;
}

const at = (constants: readonly number[], channel: number): number =>
  (constants.length === 1 ? constants[0] : constants[channel]) as number;

function push(state: State, step: TransformStep, fail: Fail): State {
  const value = afterStep(state.value, step);
  if ('problem' in value)
    return fail(`cannot be transformed so: ${step.op} ${value.problem}`, 'see the reference of Transform');
  const { channels } = state;
  const mapped = (multiply: readonly number[], add: readonly number[]): State => ({
    value,
    steps: [...state.steps, step],
    channels: () => channels().map((channel, index) => scaled(channel, at(multiply, index), at(add, index))),
    pixels: false,
  });
  if (step.op === 'scale') return mapped(step.multiply, step.add);
  if (step.op === 'standardize') {
    const factors = step.variance.map((variance) => 1 / Math.sqrt(variance + step.epsilon));
    const length = Math.max(factors.length, step.mean.length);
    const offsets = Array.from({ length }, (_, index) => -at(step.mean, index) * at(factors, index));
    return mapped(factors, offsets);
  }
  return { value, steps: [...state.steps, step], channels, pixels: value.dtype === 'uint8' || state.pixels };
}

/** Casts what is a quantity but not yet float32; the index of a class or a text is no quantity. */
function castQuantity(state: State, spec: FeatureSpec, fail: Fail): State {
  const quantity = state.value.dtype === 'uint8' || (spec.kind === 'integer' && state.value.dtype === 'int32');
  return quantity ? push(state, { op: 'cast' }, fail) : state;
}

function scaleStep(
  { from, to }: { from: readonly number[] | undefined; to: readonly number[] },
  state: State,
): TransformStep {
  const [low = 0, high = 1] = to;
  const ranges =
    from === undefined && !state.pixels
      ? state.channels().map(({ minimum, maximum }) => [minimum, maximum])
      : [from ?? [0, 255]];
  // All values are the same: they become the lower end.
  const multiply = ranges.map(([first = 0, last = 0]) => (last === first ? 0 : (high - low) / (last - first)));
  return { op: 'scale', multiply, add: ranges.map(([first = 0], index) => low - first * (multiply[index] as number)) };
}

function standardizeStep(
  given: { mean: readonly number[] | undefined; variance: readonly number[] | undefined; epsilon: number },
  state: State,
): TransformStep {
  const { mean, variance, epsilon } = given;
  if (mean !== undefined && variance !== undefined) return { op: 'standardize', mean, variance, epsilon };
  const channels = state.channels();
  return {
    op: 'standardize',
    mean: channels.map((channel) => channel.mean),
    // A constant is only moved to 0, as in TensorFlow Transform: dividing by next to nothing would blow up what is not.
    variance: channels.map((channel) => (channel.variance === 0 ? 1 : channel.variance)),
    epsilon,
  };
}

/** Steps that any numbers can take. */
const probes = {
  scale: { op: 'scale', multiply: [1], add: [0] },
  standardize: { op: 'standardize', mean: [0], variance: [1], epsilon: 1 },
} as const;

function oneHotDepth(spec: FeatureSpec, state: State, fail: Fail): number {
  const [first] = state.steps;
  if (first?.op === 'vocabulary') return first.tokens.length;
  if (spec.kind === 'label') return spec.classes.length;
  if (spec.kind !== 'integer') return 1;
  const [values] = state.channels();
  if (values === undefined || values.minimum < 0 || values.maximum >= 2 ** 20) {
    const range = `${String(values?.minimum)} to ${String(values?.maximum)}`;
    return fail(`cannot be one-hot encoded: its values go from ${range}`, 'only 0, 1, 2, … up to a million can be');
  }
  return values.maximum + 1;
}

function apply(form: Operation, state: State, spec: FeatureSpec, statistics: Statistics, fail: Fail): State {
  if ('decode' in form) {
    const { height, width, channels, fit } = form.decode;
    return push(state, { op: 'decode', height, width, channels: channels === 1 ? 1 : 3, fit }, fail);
  }
  if ('vocabulary' in form) {
    const options = { maxTokens: form.vocabulary.max_tokens, minCount: form.vocabulary.min_count };
    const tokens = spec.kind === 'string' ? statistics.tokens(options) : ['?'];
    return push(state, { op: 'vocabulary', tokens }, fail);
  }
  if ('one_hot' in form) {
    return push(state, { op: 'one_hot', depth: form.one_hot.depth ?? oneHotDepth(spec, state, fail) }, fail);
  }
  if ('cast' in form) return push(state, { op: 'cast' }, fail);
  if ('scale' in form || 'standardize' in form) {
    const cast = castQuantity(state, spec, fail);
    // Whether it can be applied at all is found out before any statistics are asked for.
    if (cast.value.dtype !== 'float32') return push(cast, probes['scale' in form ? 'scale' : 'standardize'], fail);
    return push(cast, 'scale' in form ? scaleStep(form.scale, cast) : standardizeStep(form.standardize, cast), fail);
  }
  return state;
}

/** The operations, with the vocabulary that text needs before anything else can be done with it. */
function withVocabulary(spec: FeatureSpec, operations: readonly Operation[]): readonly Operation[] {
  const [first] = operations;
  const implied = spec.kind === 'string' && first !== undefined && ('one_hot' in first || 'label' in first);
  return implied ? [{ vocabulary: { max_tokens: undefined, min_count: 1 } }, ...operations] : operations;
}

/**
 * Resolves the operations of one feature.
 *
 * @param name - of the raw feature
 * @param operations - at least one; their order among themselves has been checked
 * @param fail - called with what is wrong, after the feature's name
 */
export function resolveSteps(
  name: string,
  spec: FeatureSpec,
  operations: readonly Operation[],
  statistics: Statistics,
  fail: Fail,
): TransformedFeature {
  const role = spec.kind === 'label' || operations.some((form) => 'label' in form) ? 'label' : 'feature';
  const misfit = operations.find((form) => !('one_hot' in form || 'label' in form));
  if (spec.kind === 'label' && misfit !== undefined) {
    return fail(
      `is a label of classes: ${operationName(misfit)} means nothing for it`,
      'it can be one_hot, or stay as it is',
    );
  }
  const raw = rawValue(spec);
  const start: State = { value: raw, steps: [], channels: () => statistics.channels(), pixels: raw.dtype === 'uint8' };
  const done = withVocabulary(spec, operations).reduce(
    (state, form) => apply(form, state, spec, statistics, fail),
    start,
  );
  const { steps, value } = castQuantity(done, spec, fail);
  if (role === 'feature' && value.dtype === 'int32')
    return fail('is the index of a text, which is no quantity', 'add one_hot');
  if (value.dtype === 'bytes') return fail('holds encoded images', 'begin with {decode: {height: …, width: …}}');
  if (value.dtype === 'text') return fail('is text', 'begin with vocabulary, or leave it out with drop');
  return transformedFeature(name, spec, role, steps, (what) => fail(what, 'see the reference of Transform'));
}
