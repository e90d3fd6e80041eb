import { Model, ModelBlessing, PushedModel, TFLiteModel } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import { param } from '../params.js';

/** Copies a blessed model to where it is served from. */
export const spec = defineSpec({
  name: 'Pusher',
  doc: 'Copies a model that was blessed into a new version folder, from which TensorFlow Serving and others load it.',
  inputs: {
    model: input(Model),
    blessing: input(ModelBlessing, {
      optional: true,
      doc: 'The verdict on the model; without, it is pushed unchecked.',
    }),
    tflite_model: input(TFLiteModel, { optional: true, doc: 'The same model for TensorFlow Lite, pushed with it.' }),
  },
  outputs: { pushed_model: output(PushedModel) },
  params: {
    destination: param.oneOf(
      {
        filesystem: param.object(
          {
            base_directory: param.string({
              doc: 'Folder of the model, made when it is missing; its versions are the folders `1`, `2`, … in it.',
              pattern: /./u,
              like: 'a folder',
            }),
          },
          { doc: 'A folder of this machine, or one that is mounted.' },
        ),
      },
      { doc: 'Where to push to.' },
    ),
  },
  external: true,
});
