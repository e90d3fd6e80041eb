/**
 * The builtin operators of TensorFlow Lite that models are written with. Numbers: `BuiltinOperator` and `BuiltinOptions` in
 * tensorflow/lite/schema/schema.fbs; versions: tensorflow/lite/tools/versioning.
 */

interface LiteOperatorFacts {
  /** `BuiltinOperator`. */
  readonly code: number;
  /** The member of the union `BuiltinOptions`; none where the operator has no options. */
  readonly options?: number;
  /** The first runtime that knows the operator, by the operator's version. */
  readonly since: Readonly<Record<number, string>>;
}

/** Facts by name. */
export const LITE_OPERATORS = {
  ADD: { code: 0, options: 11, since: { 1: '1.5.0' } },
  AVERAGE_POOL_2D: { code: 1, options: 5, since: { 1: '1.5.0' } },
  CONCATENATION: { code: 2, options: 10, since: { 1: '1.5.0' } },
  CONV_2D: { code: 3, options: 1, since: { 1: '1.5.0' } },
  DEPTHWISE_CONV_2D: { code: 4, options: 2, since: { 1: '1.5.0', 2: '1.12.0' } },
  FULLY_CONNECTED: { code: 9, options: 8, since: { 1: '1.5.0' } },
  LOGISTIC: { code: 14, since: { 1: '1.14.0' } },
  MAX_POOL_2D: { code: 17, options: 5, since: { 1: '1.5.0' } },
  MUL: { code: 18, options: 21, since: { 1: '1.5.0' } },
  RELU: { code: 19, since: { 1: '1.5.0' } },
  RELU6: { code: 21, since: { 1: '1.5.0' } },
  RESHAPE: { code: 22, options: 17, since: { 1: '1.5.0' } },
  SOFTMAX: { code: 25, options: 9, since: { 1: '1.5.0' } },
  TANH: { code: 28, since: { 1: '1.14.0' } },
  PAD: { code: 34, options: 22, since: { 1: '1.5.0' } },
  MEAN: { code: 40, options: 27, since: { 1: '1.6.0' } },
  CAST: { code: 53, options: 37, since: { 1: '1.5.0' } },
  REDUCE_MAX: { code: 82, options: 27, since: { 1: '1.11.0' } },
  LEAKY_RELU: { code: 98, options: 75, since: { 1: '1.13.1' } },
  ELU: { code: 111, since: { 1: '1.14.0' } },
} as const satisfies Readonly<Record<string, LiteOperatorFacts>>;

/** Name of an operator. */
export type LiteOperatorName = keyof typeof LITE_OPERATORS;

/** Facts about one operator. */
export function liteOperator(name: LiteOperatorName): LiteOperatorFacts {
  return LITE_OPERATORS[name];
}

function parts(version: string): readonly number[] {
  return version.split('.').map(Number);
}

function compareVersions(a: string, b: string): number {
  const others = parts(b);
  const differing = parts(a)
    .map((part, index) => part - (others[index] ?? 0))
    .find((difference) => difference !== 0);
  return differing ?? 0;
}

/** The first runtime that can run all of these operators. */
export function minimumRuntime(
  operators: readonly { readonly name: LiteOperatorName; readonly version: number }[],
): string {
  return operators
    .map(({ name, version }) => {
      const since = liteOperator(name).since[version];
      if (since === undefined) throw new Error(`${name} has no version ${String(version)} here`);
      return since;
    })
    .reduce((latest, version) => (compareVersions(version, latest) > 0 ? version : latest), '1.5.0');
}
