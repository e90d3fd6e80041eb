/**
 * Features of a tf.Example that another program wrote, as features of ours: by declaration, or by what an example shows.
 */
import { StepError } from '../../executor.js';
import { looksLikeImage } from '../../formats/decode-image.js';
import type { Feature } from '../../formats/examples/example.js';
import type { FeatureSpec } from '../../formats/examples/examples-info.js';
import type { ExampleValue } from '../../formats/examples/examples-writer.js';
import { bytesOf, decodeText, floatsOf, integerOf } from '../../formats/examples/feature-values.js';
import type { NamedClasses } from './class-names.js';

/** A type that the params can give a feature. */
export type DeclaredType = 'image' | 'float' | 'integer' | 'string' | { readonly image: readonly number[] };

/** Error about a feature of an example. */
export function featureInvalid(where: string, name: string, what: string, hint: string): StepError {
  return new StepError('example-invalid', `${where}, feature '${name}': ${what}`, hint);
}

/** The type of a feature by what one example holds. */
export function guessSpec(name: string, feature: Feature, where: string): FeatureSpec {
  const unclear = (what: string): StepError =>
    featureInvalid(
      where,
      name,
      what,
      `say what it is, such as features: {${name}: {image: [32, 32, 3]}}, or name all others`,
    );
  if (feature.kind === 'float' && feature.values.length > 0) return { kind: 'float', size: feature.values.length };
  if (feature.kind === 'none' || feature.values.length !== 1) {
    throw unclear(
      `${feature.kind === 'none' ? '0' : String(feature.values.length)} values of one example cannot be read as one`,
    );
  }
  if (feature.kind === 'int64') return { kind: 'integer' };
  const value = bytesOf(feature);
  if (looksLikeImage(value)) return { kind: 'image', encoding: 'encoded' };
  try {
    decodeText(value);
    return { kind: 'string' };
  } catch {
    throw unclear('its bytes are neither text nor a JPEG or PNG file');
  }
}

/** What a declared type makes of a feature, whose first example says how many values it has. */
export function specOf(type: DeclaredType, feature: Feature): FeatureSpec {
  if (typeof type === 'object') {
    const [height = 1, width = 1, channels = 1] = type.image;
    return { kind: 'image', encoding: 'raw', height, width, channels };
  }
  switch (type) {
    case 'image':
      return { kind: 'image', encoding: 'encoded' };
    case 'float':
      return { kind: 'float', size: feature.kind === 'float' ? Math.max(1, feature.values.length) : 1 };
    case 'integer':
    case 'string':
      return { kind: type };
  }
}

/** The value of a feature. @throws RangeError that says in what it is not as its spec says */
export function valueOf(
  spec: FeatureSpec,
  feature: Feature | undefined,
  classes: NamedClasses | undefined,
): ExampleValue {
  switch (spec.kind) {
    case 'image': {
      const bytes = bytesOf(feature);
      if (spec.encoding === 'encoded') {
        if (looksLikeImage(bytes)) return bytes;
        throw new RangeError('it is neither a JPEG nor a PNG file');
      }
      const size = spec.height * spec.width * spec.channels;
      if (bytes.length === size) return bytes;
      throw new RangeError(`it has ${String(bytes.length)} bytes, not ${String(size)}`);
    }
    case 'float': {
      const values = floatsOf(feature);
      if (values.length === spec.size) return values;
      throw new RangeError(`it has ${String(values.length)} values, in the first example ${String(spec.size)}`);
    }
    case 'integer':
      return integerOf(feature);
    case 'string':
      return decodeText(bytesOf(feature));
    case 'label': {
      if (feature?.kind !== 'bytes') return integerOf(feature);
      const index = classes?.indexOf(decodeText(bytesOf(feature)));
      if (index === undefined) throw new RangeError('it changed while it was read');
      return index;
    }
  }
}

/** Takes a value out of an example; says where it stands when it is not as expected. */
export function take<T>(where: string, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw featureInvalid(where, name, error.message, "correct it, or name the 'features' to take");
  }
}
