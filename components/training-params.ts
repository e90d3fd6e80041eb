/**
 * Params of a training, shared by the components that train: the model's layers, optimizer, loss, epochs. Cheap to load:
 * what they mean for TensorFlow stands in `tensorflow/`. Layers and their arguments have Keras' names.
 */
import { type Json, type Param, param, type ParamPath, type ParamValues } from './params.js';

/** A hyperparameter in place of a value: a search sets it, and without a search the default stands. */
export interface HpReference<T> {
  readonly hp: string;
  readonly default?: T | undefined;
}

/** A value that a search may set. */
export type Tunable<T> = T | HpReference<T>;

/** Values of hyperparameters by name. */
export type HpValues = Readonly<Record<string, number | string | boolean>>;

/** What the name of a hyperparameter looks like. */
export const HP_NAME = /^[A-Za-z_][\w.-]*$/u;

/** The name of a hyperparameter. */
const hpName = param.string({
  doc: 'Name of the hyperparameter.',
  pattern: HP_NAME,
  like: 'a name of letters, digits, _, - and .',
});

function asOptional<T>(described: Param<T>): Param<T | undefined> {
  return { ...described, optional: true, default: undefined };
}

function tunable<T>(value: Param<T>): Param<Tunable<T>> {
  const fields = { hp: hpName, default: asOptional(value) };
  const reference = param.object(fields, { doc: 'A hyperparameter.', like: '{hp: …}' });
  const either: Param<Tunable<T>> = param.either([value, reference], { doc: value.doc });
  return { ...either, optional: value.optional, default: value.default };
}

/** Optional argument: left out, Keras' default stands. */
const optional = <T>(value: Param<T>): Param<Tunable<T> | undefined> => asOptional(tunable(value));

const count = (doc: string): Param<number> => param.integer({ doc, minimum: 1, maximum: 1_000_000 });
const size = (doc: string): Param<number | readonly number[]> =>
  param.either(
    [
      param.integer({ doc: '', minimum: 1, maximum: 65_536 }),
      param.list(param.integer({ doc: '', minimum: 1, maximum: 65_536 }), { doc: '', minItems: 2, maxItems: 2 }),
    ],
    { doc },
  );
const padding = optional(
  param.choice(['valid', 'same'], {
    doc: '`same` keeps the size (with stride 1), `valid` adds nothing. Default valid.',
  }),
);
const useBias = optional(param.boolean({ doc: 'Add a bias. Default true.' }));
const activationNames = [
  'linear',
  'relu',
  'relu6',
  'elu',
  'selu',
  'sigmoid',
  'hard_sigmoid',
  'tanh',
  'softmax',
  'softplus',
  'softsign',
  'swish',
] as const;
const activation = optional(param.choice(activationNames, { doc: 'Function applied to the result. Default linear.' }));
const initializerNames = [
  'glorot_uniform',
  'glorot_normal',
  'he_uniform',
  'he_normal',
  'lecun_uniform',
  'lecun_normal',
  'zeros',
] as const;
const initializer = optional(
  param.choice(initializerNames, { doc: 'How the weights start, from the seed. Default glorot_uniform.' }),
);
const factor = (doc: string): Param<Tunable<number> | undefined> => optional(param.number({ doc, minimum: 0 }));
const regularizer = param.object(
  { l1: factor('Weight of the sum of absolute values.'), l2: factor('Weight of the sum of squares.') },
  { doc: 'Added to the loss: `{l1: …, l2: …}`.', optional: true },
);
const share = (doc: string): Param<number> => param.number({ doc, minimum: 0, maximum: 0.999 });

/** Arguments of the layers that a model can be made from, by the layers' names in Keras. */
export const layerForms = {
  Conv2D: param.object(
    {
      filters: tunable(count('Number of filters.')),
      kernel_size: tunable(size('Height and width of a filter: one number, or two.')),
      strides: optional(size('Steps of the filter. Default 1.')),
      padding,
      dilation_rate: optional(size('Distance of the filter’s elements. Default 1.')),
      activation,
      use_bias: useBias,
      kernel_initializer: initializer,
      kernel_regularizer: regularizer,
    },
    { doc: 'Convolution.' },
  ),
  DepthwiseConv2D: param.object(
    {
      kernel_size: tunable(size('Height and width of a filter: one number, or two.')),
      strides: optional(size('Steps of the filter. Default 1.')),
      padding,
      depth_multiplier: optional(count('Filters a channel. Default 1.')),
      activation,
      use_bias: useBias,
      depthwise_initializer: initializer,
      depthwise_regularizer: regularizer,
    },
    { doc: 'Convolution of every channel by itself.' },
  ),
  SeparableConv2D: param.object(
    {
      filters: tunable(count('Number of filters.')),
      kernel_size: tunable(size('Height and width of a filter: one number, or two.')),
      strides: optional(size('Steps of the filter. Default 1.')),
      padding,
      depth_multiplier: optional(count('Filters a channel. Default 1.')),
      activation,
      use_bias: useBias,
      depthwise_initializer: initializer,
      pointwise_initializer: initializer,
      depthwise_regularizer: regularizer,
      pointwise_regularizer: regularizer,
    },
    { doc: 'Convolution of every channel by itself, then one across channels.' },
  ),
  Dense: param.object(
    {
      units: tunable(count('Number of outputs.')),
      activation,
      use_bias: useBias,
      kernel_initializer: initializer,
      kernel_regularizer: regularizer,
    },
    { doc: 'Every output from every input.' },
  ),
  Flatten: param.object({}, { doc: 'Makes one row of an example.' }),
  Reshape: param.object(
    {
      target_shape: param.list(param.integer({ doc: '', minimum: 1 }), {
        doc: 'Shape of one example.',
        minItems: 1,
        maxItems: 4,
      }),
    },
    { doc: 'Gives an example another shape.' },
  ),
  Dropout: param.object(
    { rate: tunable(share('Share of the values that are set to 0 while training.')) },
    { doc: 'Leaves out values at random while training.' },
  ),
  BatchNormalization: param.object(
    {
      momentum: optional(
        param.number({ doc: 'Of the moving averages. Default 0.99; 0.9 for short trainings.', minimum: 0, maximum: 1 }),
      ),
      epsilon: optional(param.number({ doc: 'Added to the variance. Default 0.001.', above: 0 })),
      center: optional(param.boolean({ doc: 'Learn an offset. Default true.' })),
      scale: optional(param.boolean({ doc: 'Learn a factor. Default true.' })),
    },
    { doc: 'Normalises every channel over the batch.' },
  ),
  Activation: param.object(
    { activation: tunable(param.choice(activationNames, { doc: 'The function.' })) },
    { doc: 'Applies a function.' },
  ),
  ReLU: param.object(
    { max_value: optional(param.number({ doc: 'Cuts off above. Default: not at all.', above: 0 })) },
    { doc: 'max(x, 0).' },
  ),
  LeakyReLU: param.object(
    { alpha: optional(param.number({ doc: 'Slope below 0. Default 0.3.', minimum: 0 })) },
    { doc: 'x, or alpha × x below 0.' },
  ),
  ELU: param.object(
    { alpha: optional(param.number({ doc: 'Scale below 0. Default 1.', minimum: 0 })) },
    { doc: 'x, or alpha × (exp(x) − 1) below 0.' },
  ),
  Softmax: param.object({}, { doc: 'Makes probabilities of the last axis.' }),
  MaxPooling2D: param.object(
    {
      pool_size: optional(size('Height and width of a window. Default 2.')),
      strides: optional(size('Steps of the window. Default: pool_size.')),
      padding,
    },
    { doc: 'The largest value of every window.' },
  ),
  AveragePooling2D: param.object(
    {
      pool_size: optional(size('Height and width of a window. Default 2.')),
      strides: optional(size('Steps of the window. Default: pool_size.')),
      padding,
    },
    { doc: 'The mean of every window.' },
  ),
  GlobalAveragePooling2D: param.object({}, { doc: 'The mean of every channel.' }),
  GlobalMaxPooling2D: param.object({}, { doc: 'The largest value of every channel.' }),
  ZeroPadding2D: param.object(
    { padding: optional(size('Rows and columns on each side. Default 1.')) },
    { doc: 'A border of zeros.' },
  ),
  UpSampling2D: param.object(
    {
      size: optional(size('Factors of height and width. Default 2.')),
      interpolation: optional(param.choice(['nearest', 'bilinear'], { doc: 'Default nearest.' })),
    },
    { doc: 'Enlarges the image.' },
  ),
  GaussianNoise: param.object(
    { stddev: tunable(param.number({ doc: 'Standard deviation of the noise.', minimum: 0 })) },
    { doc: 'Adds noise while training.' },
  ),
} as const;

/** Name of a layer that a model can be made from. */
export type LayerName = keyof typeof layerForms;

/** Layers that can be written as a bare word, for they need no argument. */
const bareLayers = [
  'Flatten',
  'BatchNormalization',
  'ReLU',
  'LeakyReLU',
  'ELU',
  'Softmax',
  'MaxPooling2D',
  'AveragePooling2D',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling2D',
  'ZeroPadding2D',
  'UpSampling2D',
] as const satisfies readonly LayerName[];

const layer = param.either(
  [
    param.choice(bareLayers, { doc: 'A layer with its default arguments.' }),
    param.oneOf(layerForms, { doc: 'A layer with its arguments.' }),
  ],
  { doc: 'A layer.' },
);

/** The layers of a model, first to last. */
export const layersParam = param.list(layer, { doc: 'Layers from input to output.', minItems: 1, maxItems: 1000 });

/** The model that is trained: written as layers, or built by user code. */
export const modelParam = param.oneOf(
  {
    layers: layersParam,
    build: param.module({
      doc: 'User code `modules/file.ts#buildModel`: a function of {tf, hp, inputShape, classes, seed} that returns a layers model.',
    }),
  },
  { doc: 'The model: `{layers: […]}` or `{build: file.ts#export}`.' },
);

/** Value of {@link modelParam}. */
export type ModelParam = NonNullable<ReturnType<typeof modelParam.check>>;

const learningRate = (standard: number): Param<Tunable<number>> =>
  tunable(param.number({ doc: 'Size of the steps.', above: 0, default: standard }));
const decay = (doc: string, standard: number): Param<Tunable<number>> =>
  tunable(param.number({ doc, minimum: 0, maximum: 1, default: standard }));
const epsilon = tunable(param.number({ doc: 'Keeps divisions stable.', above: 0, default: 1e-7 }));

/** How the weights follow the gradients. */
export const optimizerParam = param.oneOf(
  {
    Adam: param.object(
      {
        learning_rate: learningRate(0.001),
        beta_1: decay('Decay of the mean of gradients.', 0.9),
        beta_2: decay('Decay of the mean of squared gradients.', 0.999),
        epsilon,
      },
      { doc: 'Adam (Kingma and Ba 2015).' },
    ),
    SGD: param.object(
      {
        learning_rate: learningRate(0.01),
        momentum: decay('Share of the last step that is kept.', 0),
        nesterov: param.boolean({ doc: 'Look ahead along the momentum.', default: false }),
      },
      { doc: 'Gradient descent, with momentum if wanted.' },
    ),
    RMSprop: param.object(
      {
        learning_rate: learningRate(0.001),
        rho: decay('Decay of the mean of squared gradients.', 0.9),
        momentum: decay('Share of the last step that is kept.', 0),
        epsilon,
      },
      { doc: 'RMSprop (Hinton 2012).' },
    ),
    Adagrad: param.object(
      {
        learning_rate: learningRate(0.001),
        initial_accumulator_value: tunable(
          param.number({ doc: 'Where the sums of squared gradients start.', above: 0, default: 0.1 }),
        ),
      },
      { doc: 'Adagrad (Duchi et al. 2011).' },
    ),
  },
  { doc: 'The optimizer with its arguments.', default: { Adam: {} } },
);

/** Value of {@link optimizerParam}. */
export type OptimizerParam = NonNullable<ReturnType<typeof optimizerParam.check>>;

/** What the training makes small. */
export const lossNames = [
  'sparse_categorical_crossentropy',
  'categorical_crossentropy',
  'binary_crossentropy',
  'mean_squared_error',
] as const;

/** Name of a loss. */
export type LossName = (typeof lossNames)[number];

/** Stopping before the last epoch. */
export const earlyStoppingParam = param.object(
  {
    monitor: param.choice(['loss', 'accuracy', 'val_loss', 'val_accuracy'], {
      doc: 'The number that must get better.',
      default: 'val_loss',
    }),
    patience: param.integer({ doc: 'Epochs without improvement after which to stop.', minimum: 0, default: 3 }),
    min_delta: param.number({ doc: 'What counts as better at least.', minimum: 0, default: 0 }),
    restore_best_weights: param.boolean({ doc: 'End with the weights of the best epoch.', default: true }),
  },
  { doc: 'Stop when a number stops getting better.', optional: true },
);

/** Value of {@link earlyStoppingParam}. */
export type EarlyStoppingParam = NonNullable<ReturnType<typeof earlyStoppingParam.check>>;

/** Number of epochs. */
export const epochsParam = param.integer({
  doc: 'Passes over the training split.',
  minimum: 1,
  maximum: 100_000,
  default: 10,
});

/** Params of every component that trains, for however many epochs. */
export const fittingParams = {
  model: modelParam,
  optimizer: optimizerParam,
  loss: param.choice(lossNames, {
    doc: 'What the training makes small. Labels are one-hot encoded or decoded as the loss needs them.',
    default: 'sparse_categorical_crossentropy',
  }),
  metrics: param.list(param.choice(['accuracy'], { doc: '' }), {
    doc: 'What is measured besides the loss.',
    default: ['accuracy'],
  }),
  batch_size: tunable(param.integer({ doc: 'Examples a step.', minimum: 1, maximum: 65_536, default: 64 })),
  early_stopping: earlyStoppingParam,
  label: param.string({ doc: 'The label, when the examples have several.', optional: true }),
  train_split: param.string({ doc: 'Split to train on.', default: 'train' }),
  eval_split: param.string({
    doc: 'Split to validate on after every epoch. Default: `eval`, when there is one.',
    optional: true,
  }),
} as const;

/** Values of {@link fittingParams}. */
export type FittingParams = ParamValues<typeof fittingParams>;

/** Params of a training. */
export const trainingParams = { epochs: epochsParam, ...fittingParams } as const;

/** Values of {@link trainingParams}. */
export type TrainingParams = ParamValues<typeof trainingParams>;

function isReference(value: Json): value is { readonly hp: string; readonly default?: Json } {
  return typeof value === 'object' && value !== null && 'hp' in value && typeof value['hp'] === 'string';
}

/** A reference to a hyperparameter at its place. */
export interface PlacedReference {
  readonly name: string;
  readonly path: ParamPath;
  readonly hasDefault: boolean;
}

/**
 * Finds the references to hyperparameters, at any depth.
 *
 * @param value - checked params
 * @param path - of the value
 */
export function hyperparameterReferences(value: Json, path: ParamPath = []): readonly PlacedReference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isReference(value)) return [{ name: value.hp, path, hasDefault: value.default !== undefined }];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, item]) =>
    hyperparameterReferences(item, [...path, isList ? Number(key) : key]),
  );
}

/**
 * Puts values in the place of references to hyperparameters, at any depth.
 *
 * @param value - checked params
 * @param onMissing - called for a reference to a name without value and without default
 */
export function resolveHyperparameters(value: Json, hp: HpValues, onMissing: (name: string) => never): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isReference(value)) {
    if (Object.hasOwn(hp, value.hp)) return hp[value.hp] ?? onMissing(value.hp);
    return value.default ?? onMissing(value.hp);
  }
  const isList = (json: Json): json is readonly Json[] => Array.isArray(json);
  if (isList(value)) return value.map((item) => resolveHyperparameters(item, hp, onMissing));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveHyperparameters(item, hp, onMissing)]),
  );
}
