import type { Executor } from '../executor.js';
import { loadBackend } from '../tensorflow/backend.js';
import { loadModel } from '../tensorflow/model-files.js';
import { evaluateArtifacts } from './evaluate-artifacts.js';
import type { spec } from './spec.js';

export const execute: Executor<typeof spec> = async (context) => {
  const backend = await loadBackend((message) => {
    context.log.warn(message);
  });
  await evaluateArtifacts(context, { backend, load: loadModel });
};
