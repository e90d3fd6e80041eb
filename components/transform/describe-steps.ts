/**
 * Steps in one line, for the log.
 */
import type { TransformedFeature, TransformStep } from '../formats/transform/transform-graph.js';

function numbers(values: readonly number[]): string {
  const shown = values.slice(0, 4).map((value) => String(Number(value.toPrecision(6))));
  return `[${shown.join(', ')}${values.length > shown.length ? ', …' : ''}]`;
}

function describeStep(step: TransformStep): string {
  switch (step.op) {
    case 'decode':
      return `decode to ${String(step.height)} × ${String(step.width)} × ${String(step.channels)}`;
    case 'cast':
      return 'cast';
    case 'scale':
      return `scale × ${numbers(step.multiply)} + ${numbers(step.add)}`;
    case 'standardize':
      return `standardize with mean ${numbers(step.mean)} and variance ${numbers(step.variance)}`;
    case 'one_hot':
      return `one_hot of ${String(step.depth)}`;
    case 'vocabulary':
      return `vocabulary of ${String(step.tokens.length)}`;
  }
}

/** `cast, scale × [0.00392157] + [0], float32 [28, 28, 1]`. */
export function describeSteps({ steps, output }: TransformedFeature): string {
  return [...steps.map(describeStep), `${output.dtype} [${output.shape.join(', ')}]`].join(', ');
}
