/**
 * The artifact types: what a step can produce and another consume, each with the layout of its folder. Names and
 * properties are TFX's where TFX has them. What reads and writes the files lives with the components.
 */

/** Kinds of property values, under ML Metadata's names. */
export type PropertyKind = 'INT' | 'DOUBLE' | 'STRING' | 'BOOLEAN';

/** Facts about an artifact that can be queried without opening it. */
export type PropertyValue = number | string | boolean;

/** Properties by name. */
export type Properties = Readonly<Record<string, PropertyValue>>;

/** A type of artifact. */
export interface ArtifactType {
  readonly name: string;
  /** ML Metadata's simple type that this one refines. */
  readonly base?: 'mlmd.Dataset' | 'mlmd.Model' | 'mlmd.Metrics' | 'mlmd.Statistics';
  readonly properties: Readonly<Record<string, PropertyKind>>;
  /** One sentence for the reference. */
  readonly doc: string;
  /** Files in the artifact's folder. */
  readonly layout: Readonly<Record<string, string>>;
}

function artifactType<const T extends ArtifactType>(type: T): T {
  return Object.freeze(type);
}

/** Examples in named splits. */
export const Examples = artifactType({
  name: 'Examples',
  base: 'mlmd.Dataset',
  properties: { span: 'INT', version: 'INT', split_names: 'STRING', examples: 'INT' },
  doc: 'Examples in named splits, as gzipped TFRecord files of tf.Example; pixels stay uint8.',
  layout: {
    'examples.json': 'features (kind, shape, classes) and splits (files, number of examples)',
    'Split-<name>/data_tfrecord-<i>-of-<n>.gz': 'the examples of one split',
  },
});

/** How raw features become what a model is fed with. */
export const TransformGraph = artifactType({
  name: 'TransformGraph',
  properties: { features: 'STRING' },
  doc: 'The operations, with the statistics they need, that turn raw features into what the model is fed with.',
  layout: { 'transform_graph.json': 'operations per feature with their constants' },
});

/** A trained model. */
export const Model = artifactType({
  name: 'Model',
  base: 'mlmd.Model',
  properties: { parameters: 'INT', backend: 'STRING' },
  doc: 'A trained model with the transform that belongs to it.',
  layout: {
    'model_info.json': 'features in order, label, classes, input and output shapes',
    'transform_graph.json': 'the transform applied before the model',
    'Format-TFJS/model.json': 'the layers model on transformed features (TensorFlow.js)',
    'Format-TFJS/weights.bin': 'its weights',
    'Format-Serving/saved_model.pb': 'SavedModel from raw features to outputs, the transform inside',
  },
});

/** What happened while a model was trained. */
export const ModelRun = artifactType({
  name: 'ModelRun',
  properties: { epochs: 'INT' },
  doc: 'The course of a training: losses and metrics by epoch.',
  layout: { 'history.json': 'one entry an epoch' },
});

/** The hyperparameters that a search found best. */
export const HyperParameters = artifactType({
  name: 'HyperParameters',
  properties: { objective: 'STRING', score: 'DOUBLE' },
  doc: 'The best hyperparameters of a search.',
  layout: { 'best_hyperparameters.json': '{space, values, score}' },
});

/** All trials of a search. */
export const TunerResults = artifactType({
  name: 'TunerResults',
  properties: { trials: 'INT' },
  doc: 'Every trial of a search with its hyperparameters and scores.',
  layout: { 'tuner_results.json': 'one entry a trial' },
});

/** How good a model is. */
export const ModelEvaluation = artifactType({
  name: 'ModelEvaluation',
  base: 'mlmd.Metrics',
  properties: { examples: 'INT' },
  doc: 'Metrics of a model on a split, per class, with the confusion matrix.',
  layout: { 'evaluation.json': 'all numbers', 'report.html': 'the same as a page' },
});

/** Whether a model is good enough. */
export const ModelBlessing = artifactType({
  name: 'ModelBlessing',
  properties: { blessed: 'INT' },
  doc: 'The verdict of an Evaluator on a model, with its reasons.',
  layout: {
    'blessing.json': '{blessed, reasons, checks, model}',
    'BLESSED | NOT_BLESSED': 'an empty file, as TFX writes it',
  },
});

/** A model for TensorFlow Lite. */
export const TFLiteModel = artifactType({
  name: 'TFLiteModel',
  base: 'mlmd.Model',
  properties: { mode: 'STRING', bytes: 'INT' },
  doc: 'A model as a FlatBuffer for TensorFlow Lite / LiteRT.',
  layout: { 'model.tflite': 'the model', 'conversion.json': 'how far its outputs are from the source model’s' },
});

/** A model at its destination. */
export const PushedModel = artifactType({
  name: 'PushedModel',
  base: 'mlmd.Model',
  properties: { pushed: 'INT', pushed_destination: 'STRING', pushed_version: 'STRING' },
  doc: 'The record of a push: where to, which version, which files; or why nothing was pushed.',
  layout: { 'pushed_model.json': '{pushed, destination, pushed_version, origin}, or {pushed, destination, reasons}' },
});

/** Any files. */
export const File = artifactType({
  name: 'File',
  properties: {},
  doc: 'A file or files of any kind; what a Command makes.',
  layout: { any: 'one file named `data`, or the files of a folder' },
});

const ALL: readonly ArtifactType[] = [
  Examples,
  TransformGraph,
  Model,
  ModelRun,
  HyperParameters,
  TunerResults,
  ModelEvaluation,
  ModelBlessing,
  TFLiteModel,
  PushedModel,
  File,
];

/** The artifact types by name. */
export const artifactTypes: ReadonlyMap<string, ArtifactType> = new Map(ALL.map((type) => [type.name, type]));
