import { Examples, TransformGraph } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import { param, type OneOfValue, type Param, type ParamProblem } from '../params.js';

const side = (doc: string): Param<number> => param.integer({ doc, minimum: 1, maximum: 8192 });

/** The operations with their arguments. */
const forms = {
  decode: param.object(
    {
      height: side('Pixels from top to bottom.'),
      width: side('Pixels from left to right.'),
      channels: param.integer({ doc: '3: RGB. 1: grey.', minimum: 1, maximum: 3, default: 3 }),
      fit: param.choice(['fill', 'cover', 'contain'], {
        doc: 'How an image of another shape gets the size: stretched, cropped, or padded in black.',
        default: 'fill',
      }),
    },
    { doc: 'Makes pixels of a JPEG or PNG file.' },
  ),
  cast: param.object({}, { doc: 'Makes float32 numbers, which scale and standardize do by themselves.' }),
  scale: param.object(
    {
      from: param.list(param.number({ doc: '' }), {
        doc: 'Range that becomes `to`. Default: [0, 255] for pixels; else what the analysed split spans, a channel (the last axis) at a time.',
        minItems: 2,
        maxItems: 2,
        optional: true,
      }),
      to: param.list(param.number({ doc: '' }), {
        doc: 'Range that `from` becomes.',
        minItems: 2,
        maxItems: 2,
        default: [0, 1],
      }),
    },
    { doc: 'Maps a range onto another.' },
  ),
  standardize: param.object(
    {
      mean: param.list(param.number({ doc: '' }), {
        doc: 'Means, one or one a channel. Default: those of the analysed split.',
        optional: true,
        minItems: 1,
      }),
      variance: param.list(param.number({ doc: '', minimum: 0 }), {
        doc: 'Variances, one or one a channel. Default: those of the analysed split.',
        optional: true,
        minItems: 1,
      }),
      epsilon: param.number({ doc: 'Added to the variance.', above: 0, default: 1e-12 }),
    },
    { doc: 'Subtracts the mean and divides by the standard deviation, a channel (the last axis) at a time.' },
  ),
  one_hot: param.object(
    {
      depth: param.integer({
        doc: 'Number of values. Default: as many as there are classes or words, or integers up to the largest of the analysed split.',
        minimum: 1,
        maximum: 2 ** 20,
        optional: true,
      }),
    },
    { doc: 'Makes a row of zeros with one 1 of an index; of an index outside, zeros only.' },
  ),
  vocabulary: param.object(
    {
      max_tokens: param.integer({ doc: 'Keeps only the most frequent texts.', minimum: 1, optional: true }),
      min_count: param.integer({ doc: 'Keeps only texts that occur so often.', minimum: 1, default: 1 }),
    },
    {
      doc: 'Makes an index of a text: its place among the texts of the analysed split, in the order of their characters.',
    },
  ),
  label: param.object({}, { doc: 'This is what the model predicts: a class for text, a number for numbers.' }),
  drop: param.object({}, { doc: 'Leaves the feature out.' }),
} as const;

/** An operation with its arguments: `{scale: {to: [0, 1]}}`. */
export type Operation = OneOfValue<typeof forms>;

const bareWord = param.choice(['cast', 'scale', 'standardize', 'one_hot', 'vocabulary', 'label', 'drop'], {
  doc: 'An operation with its default arguments.',
});
const withArguments = param.oneOf(forms, { doc: 'An operation with its arguments.' });
const written = param.either([bareWord, withArguments], { doc: 'An operation.' });

/** A bare word is the same as a mapping without arguments, to executor and fingerprint alike. */
const operation: Param<Operation> = {
  ...written,
  default: undefined,
  check: (value, path, report) => {
    const checked = written.check(value, path, report);
    return typeof checked === 'string' ? withArguments.check({ [checked]: {} }, path, report) : checked;
  },
};

/** Name of an operation. */
export function operationName(form: Operation): keyof typeof forms {
  return Object.keys(form)[0] as keyof typeof forms;
}

function problemOf(operations: readonly Operation[], index: number): string | undefined {
  const form = operations[index] as Operation;
  const name = operationName(form);
  const before = operations.slice(0, index).map(operationName);
  if (name === 'drop' && operations.length > 1) return "'drop' stands alone: nothing is left to work on";
  if ((name === 'decode' || name === 'vocabulary') && index > 0) return `'${name}' can only come first`;
  if (before.includes('label')) return "nothing can come after 'label'";
  if (before.includes('one_hot') && name !== 'label') return "only 'label' can come after 'one_hot'";
  if ('scale' in form && form.scale.from !== undefined && form.scale.from[0] === form.scale.from[1]) {
    return "the two ends of 'from' are equal";
  }
  if ('standardize' in form && (form.standardize.mean === undefined) !== (form.standardize.variance === undefined)) {
    return "'mean' and 'variance' are given together, or both left out";
  }
  if ('decode' in form && form.decode.channels === 2) return 'an image has 1 or 3 channels';
  return undefined;
}

/** Whether an operation takes a statistic from the analysed split, whatever the feature is. */
function isAnalysed(form: Operation): boolean {
  return 'vocabulary' in form || ('standardize' in form && form.standardize.mean === undefined);
}

const ANALYZED = 'train';

/** Finds out how raw features become what a model is fed with. */
export const spec = defineSpec({
  name: 'Transform',
  doc: 'Finds out how raw features become what a model is fed with: operations per feature, with the statistics that they need.',
  inputs: { examples: input(Examples) },
  outputs: { transform_graph: output(TransformGraph) },
  params: {
    features: param.record(param.list(operation, { doc: 'Operations in order.', maxItems: 100 }), {
      doc: 'Operations by feature. A feature that is not named is cast to float32; a label stays a label; text is left out.',
      default: {},
    }),
    analyze_split: param.string({ doc: 'The only split that statistics are taken from.', default: ANALYZED }),
  },
  runsIn: 'worker',
  // A split that nobody has named need not be there where nothing is taken from it.
  splitParams: ({ features, analyze_split: split }) =>
    split !== ANALYZED || Object.values(features).flat().some(isAnalysed) ? ['analyze_split'] : [],
  check: ({ features }) =>
    Object.entries(features).flatMap(([name, operations]) =>
      operations.flatMap((_, index): readonly ParamProblem[] => {
        const message = problemOf(operations, index);
        if (message === undefined) return [];
        return [{ code: 'not-allowed', path: ['features', name, index], atKey: false, message }];
      }),
    ),
});
