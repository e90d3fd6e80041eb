import type { Executor } from '../executor.js';
import { loadBackend } from '../tensorflow/backend.js';
import { loadModel } from '../tensorflow/model-files.js';
import { convertArtifacts } from './convert-artifacts.js';
import type { spec } from './spec.js';

export const execute: Executor<typeof spec> = async (context) => {
  const backend = await loadBackend(context.log.warn);
  await convertArtifacts(context, { backend, load: loadModel });
};
