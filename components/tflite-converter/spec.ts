import { Examples, Model, TFLiteModel } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import { param } from '../params.js';

/** Converts a model to TensorFlow Lite. */
export const spec = defineSpec({
  name: 'TFLiteConverter',
  doc: 'Writes a model as a file for TensorFlow Lite, and proves it by running the file on examples.',
  inputs: { model: input(Model), examples: input(Examples) },
  outputs: { tflite_model: output(TFLiteModel) },
  params: {
    split: param.string({
      doc: 'Split that the file is run on. Default: `test` when there is one, else `eval`.',
      optional: true,
    }),
    compare: param.integer({
      doc: 'How many examples of the split the file is run on, the first ones; all, where there are fewer.',
      minimum: 1,
      maximum: 100_000,
      default: 100,
    }),
    tolerance: param.number({
      doc: 'How far an output may be from that of the model; of outputs above 1, relative to the output.',
      above: 0,
      maximum: 1,
      default: 0.0001,
    }),
  },
  runsIn: 'worker',
  usesBackend: true,
  splitParams: ['split'],
});
