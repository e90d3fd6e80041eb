import { isMapping } from '../../artifacts/mapping.js';
import { Examples } from '../../artifacts/types.js';
import { defineSpec, output } from '../component-spec.js';
import type { ParamProblem, ParamValues } from '../params.js';
import { param, type Param } from '../params.js';
import { planSplits } from './split-plan.js';

const file = (doc: string): Param<string> => param.path({ doc });

/** One file or folder, or several by split. */
const pathBySplit = (what: string): Param<string | Readonly<Record<string, string>>> =>
  param.either([file(''), param.record(file(''), { doc: '' })], {
    doc: `${what}; or several by split: \`{train: …, test: …}\`, each kept as it is.`,
  });

const idxFiles = param.object(
  { images: file('Images, IDX of 3 or 4 dimensions, plain or gzipped.'), labels: file('Their classes, IDX of 1.') },
  { doc: '' },
);

/** An IDX input of its own, told from several by split by what its keys hold. */
const oneIdx: typeof idxFiles = {
  ...idxFiles,
  accepts: (value) => isMapping(value) && Object.values(value).some((item) => !isMapping(item)),
};

const archive = param.object(
  {
    urls: param.list(param.string({ doc: '', pattern: /^https?:\/\//u, like: 'an http or https address' }), {
      doc: 'Where to get it, tried in order.',
      affectsOutputs: false,
      minItems: 1,
      default: [
        'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
        'https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz',
      ],
    }),
    bytes: param.integer({ doc: 'Its size.', minimum: 1, default: 170_052_171 }),
    sha256: param.string({
      doc: 'SHA-256 of its bytes, in lower-case hex.',
      pattern: /^[0-9a-f]{64}$/u,
      like: '64 lower-case hex digits',
      default: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    }),
  },
  { doc: 'The archive that is downloaded when no path is given.', default: {} },
);

const cifar10 = param.object(
  {
    path: param.either([file(''), param.nothing({ doc: '' })], {
      doc: 'The official binary archive (tar.gz) or its unpacked folder. Left out or null: it is downloaded.',
      optional: true,
    }),
    archive,
  },
  { doc: 'CIFAR-10 in its official binary layout; splits train and test.' },
);

const images = param.object(
  {
    path: pathBySplit('A folder with a folder of JPEG or PNG files for every class'),
    color_mode: param.choice(['rgb', 'grayscale'], { doc: 'What the pixels become.', default: 'rgb' }),
    size: param.list(param.integer({ doc: '', minimum: 1, maximum: 8192 }), {
      doc: 'Height and width that every image is brought to. Left out: images that all have the same size become pixels; otherwise the files are kept, and a Transform decodes them.',
      minItems: 2,
      maxItems: 2,
      optional: true,
    }),
    fit: param.choice(['fill', 'cover', 'contain'], {
      doc: 'How another shape comes to that size: stretched, cropped, or padded in black.',
      default: 'fill',
    }),
  },
  { doc: 'Images by class.' },
);

const csv = param.object(
  {
    path: pathBySplit('A CSV file with a header, plain or gzipped'),
    delimiter: param.string({ doc: 'Between cells.', pattern: /^[^\r\n"]$/u, like: 'one character', default: ',' }),
    label: param.string({
      doc: 'Column with the class. A number to be predicted is a feature, not a label.',
      optional: true,
    }),
    features: param.record(param.choice(['float', 'integer', 'string'], { doc: '' }), {
      doc: 'Columns to take, with their types. Left out: all, each of the narrowest type that fits all its cells.',
      optional: true,
    }),
  },
  { doc: 'Rows of a table.' },
);

const tfrecord = param.object(
  {
    path: pathBySplit('A TFRecord file of tf.Example, plain or gzipped, or a folder of such files'),
    label: param.string({ doc: 'Feature with the class: its index, or its name.', optional: true }),
    features: param.record(
      param.either(
        [
          param.choice(['image', 'float', 'integer', 'string'], { doc: '' }),
          param.object(
            {
              image: param.list(param.integer({ doc: '', minimum: 1 }), {
                doc: 'Height, width and channels of raw pixels.',
                minItems: 3,
                maxItems: 3,
              }),
            },
            { doc: '' },
          ),
        ],
        { doc: '' },
      ),
      {
        doc: 'Features to take, with their types: `image` for JPEG or PNG files, `{image: [height, width, channels]}` for pixels. Left out: all, of the types that the first example shows.',
        optional: true,
      },
    ),
  },
  { doc: 'Examples that another program wrote.' },
);

const shares = param.record(param.integer({ doc: '', minimum: 1, maximum: 1_000_000 }), { doc: '' });

const params = {
  source: param.oneOf(
    {
      cifar10,
      idx: param.either([oneIdx, param.record(idxFiles, { doc: '' })], {
        doc: 'MNIST and its kin: `{images: …, labels: …}`, or several such pairs by split.',
      }),
      images,
      csv,
      tfrecord,
    },
    { doc: 'Where the examples come from.' },
  ),
  classes: param.list(param.string({ doc: '' }), {
    doc: 'Names of the classes by index. Left out: from batches.meta.txt, names of folders, labels of a table, or 0 … n.',
    minItems: 1,
    optional: true,
  }),
  split: param.record(param.either([param.integer({ doc: '', minimum: 1, maximum: 1_000_000 }), shares], { doc: '' }), {
    doc: 'Shares of the splits that an input is divided into, by the hash of each example: `{train: 8, eval: 2}`; with several inputs which one: `{train: {train: 9, eval: 1}}`. Default: a single input without a name becomes `{train: 2, eval: 1}`, inputs by split stay as they are.',
    optional: true,
  }),
  limit: param.record(param.integer({ doc: '', minimum: 1 }), {
    doc: 'Examples that a split gets at most, the same number of every class: `{train: 8000}`.',
    default: {},
  }),
} as const;

type Params = ParamValues<typeof params>;

/** Names of the inputs that the params describe; a single `undefined` for one without a name. */
export function inputNames({ source }: Pick<Params, 'source'>): readonly (string | undefined)[] {
  if ('cifar10' in source) return ['test', 'train'];
  if ('idx' in source) return typeof source.idx['images'] === 'string' ? [undefined] : Object.keys(source.idx);
  const { path } = 'images' in source ? source.images : 'csv' in source ? source.csv : source.tfrecord;
  return typeof path === 'string' ? [undefined] : Object.keys(path);
}

function check(values: Params): readonly ParamProblem[] {
  const problems: ParamProblem[] = [];
  const report = (path: readonly string[], message: string, hint?: string): void => {
    problems.push({ code: 'not-allowed', path, atKey: false, message, ...(hint === undefined ? {} : { hint }) });
  };
  const names = inputNames(values);
  if (names.length === 0) {
    report(['source'], 'there is no input', 'name a file, or files by split');
    return problems;
  }
  const plan = planSplits(names, values.split);
  for (const { at, message, hint } of plan.faults) {
    report(values.split === undefined ? ['source'] : ['split', ...at], message, hint);
  }
  for (const split of Object.keys(values.limit)) {
    if (plan.splits.includes(split) || plan.faults.length > 0) continue;
    report(['limit', split], `there is no split '${split}'`, `there are: ${plan.splits.join(', ')}`);
  }
  const { classes } = values;
  const twice = classes?.find((name, index) => classes.indexOf(name) !== index);
  if (twice !== undefined) report(['classes'], `two classes have the name '${twice}'`);
  if (classes?.includes('') === true) report(['classes'], 'a class has no name');
  if (classes !== undefined && 'cifar10' in values.source && classes.length !== 10) {
    report(['classes'], `CIFAR-10 has ten classes, not ${String(classes.length)}`);
  }
  return problems;
}

/** Reads examples from files, and writes them as TFRecord splits. */
export const spec = defineSpec({
  name: 'ExampleGen',
  doc: 'Reads examples from CIFAR-10, IDX, folders of images, CSV or TFRecord, and writes them as TFRecord splits.',
  outputs: { examples: output(Examples) },
  params,
  runsIn: 'worker',
  splits: (values) => planSplits(inputNames(values), values.split).splits,
  check,
});
