/**
 * The label of a split: which one it is, and its values as class indices of the transform, or as numbers.
 */
import { StepError } from '../executor.js';
import type { Column, FeatureSpec } from '../formats/examples/examples-info.js';
import {
  featureNames,
  type TransformedFeature,
  type TransformGraphFile,
} from '../formats/transform/transform-graph.js';
import { rawValue } from '../formats/transform/transform-steps.js';
import { closestName } from '../suggestion.js';
import { applySteps } from './apply-transform.js';
import { numericColumn } from './numeric-column.js';
import type { TensorFlow } from './tensorflow.js';

/**
 * Chooses the label.
 *
 * @param wanted - its name; needed where there are several
 * @throws StepError when there is none, or none of that name, or several and none is named
 */
export function chooseLabel(graph: TransformGraphFile, wanted: string | undefined): string {
  const labels = featureNames(graph, 'label');
  const [only] = labels;
  if (only === undefined) {
    throw new StepError(
      'label-missing',
      'the examples have no label to learn from',
      'mark one in a Transform: `features: {<name>: [label]}`, or let ExampleGen read one',
    );
  }
  if (wanted === undefined) {
    if (labels.length === 1) return only;
    throw new StepError(
      'label-ambiguous',
      'the examples have several labels',
      `set 'label' to one of ${labels.join(', ')}`,
    );
  }
  if (labels.includes(wanted)) return wanted;
  const closest = closestName(wanted, labels);
  throw new StepError(
    'label-missing',
    `there is no label '${wanted}'`,
    closest === undefined ? `there is: ${labels.join(', ')}` : `did you mean '${closest}'?`,
  );
}

function unknownLabel(row: number, name: string, where: string, classes: readonly string[]): StepError {
  const some = classes.slice(0, 20).join(', ');
  return new StepError(
    'label-unknown',
    `example ${String(row)} of ${where} is of class '${name}', which was not known when the transform was made`,
    `known are: ${some}${classes.length > 20 ? ', …' : ''}`,
  );
}

/** Class indices of the examples as indices of the transform: classes are the same when their names are. */
function mapClasses(
  indices: Int32Array,
  own: readonly string[],
  classes: readonly string[],
  where: string,
): Int32Array {
  const known = new Map(classes.map((name, index) => [name, index]));
  const same = own.length === classes.length && own.every((name, index) => name === classes[index]);
  const target = own.map((name, index) => (same ? index : known.get(name)));
  return indices.map((index, row) => {
    const mapped = target[index];
    if (mapped === undefined) throw unknownLabel(row, own[index] ?? String(index), where, classes);
    return mapped;
  });
}

/**
 * Values of the label by row.
 *
 * @param spec - the raw feature in these examples, of the same kind as the one the transform was made for
 * @param where - of the column, for messages
 * @returns class indices, or for a regression the transformed numbers
 * @throws StepError `label-unknown` naming the example, `one-class`
 */
export async function labelValues(
  tf: TensorFlow,
  column: Column,
  spec: FeatureSpec,
  { steps, classes }: TransformedFeature,
  where: string,
): Promise<Int32Array | Float32Array> {
  const [only] = classes ?? [];
  if (only !== undefined && classes?.length === 1) {
    throw new StepError(
      'one-class',
      `${where} has one class only, '${only.slice(0, 80)}': there is nothing to tell apart`,
      'bring examples of other classes, or take another label',
    );
  }
  // Whether a label is one-hot encoded is decided by the loss; here it stays an index.
  if (spec.kind === 'label') return mapClasses(column as Int32Array, spec.classes, classes ?? [], where);
  const numbers = await numericColumn(column, rawValue(spec), steps, where);
  if (classes !== undefined) {
    const texts = column as readonly string[];
    const row = numbers.values.indexOf(-1);
    if (row >= 0) throw unknownLabel(row, texts[row] ?? '', where, classes);
    return numbers.values as Int32Array;
  }
  const dtype = spec.kind === 'integer' ? 'int32' : 'float32';
  const transformed = tf.tidy(() =>
    applySteps(tf, numbers.steps, tf.tensor(numbers.values, [column.length, ...numbers.shape], dtype)),
  );
  try {
    return Float32Array.from(await transformed.data());
  } finally {
    transformed.dispose();
  }
}
