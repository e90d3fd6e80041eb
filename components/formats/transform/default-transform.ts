/**
 * The transform that stands where a pipeline says nothing: pixels and integers are cast to float32, numbers and labels
 * stay as they are, text is left out.
 */
import { StepError } from '../../executor.js';
import type { ExamplesInfo, FeatureSpec } from '../examples/examples-info.js';
import { transformedFeature, type TransformedFeature, type TransformGraphFile } from './transform-graph.js';

/**
 * What becomes of a feature by itself.
 *
 * @param fail - called with what is wrong, after the feature's name
 * @returns undefined for text, which is left out
 */
export function defaultFeature(
  name: string,
  spec: FeatureSpec,
  fail: (what: string, hint: string) => never,
): TransformedFeature | undefined {
  const failPlainly = (what: string): never => fail(what, 'name it in a Transform');
  switch (spec.kind) {
    case 'image':
      if (spec.encoding === 'encoded') {
        return fail(
          'holds encoded images, whose size nothing says',
          `decode it in a Transform: features: {${name}: [{decode: {height: 64, width: 64}}]}`,
        );
      }
      return transformedFeature(name, spec, 'feature', [{ op: 'cast' }], failPlainly);
    case 'integer':
      return transformedFeature(name, spec, 'feature', [{ op: 'cast' }], failPlainly);
    case 'float':
      return transformedFeature(name, spec, 'feature', [], failPlainly);
    case 'label':
      return transformedFeature(name, spec, 'label', [], failPlainly);
    case 'string':
      return undefined;
  }
}

/**
 * The transform of examples that no Transform has seen.
 *
 * @throws StepError `feature-not-decoded` for encoded images, whose size only a Transform can say
 */
export function defaultTransformGraph(info: ExamplesInfo): TransformGraphFile {
  const features = Object.entries(info.features).flatMap(([name, spec]) => {
    const feature = defaultFeature(name, spec, (what, hint) => {
      throw new StepError('feature-not-decoded', `feature '${name}' ${what}`, hint);
    });
    return feature === undefined ? [] : [[name, feature] as const];
  });
  return { version: 1, inputs: info.features, features: Object.fromEntries(features) };
}
