/**
 * A training that nobody follows, stops or resumes.
 */
import type { TrainingOptions } from '../../components/tensorflow/training-loop.js';

/** The options that say so. */
export function unattended(): Pick<
  TrainingOptions,
  'earlyStopping' | 'checkpointDir' | 'signal' | 'onResume' | 'onEpoch' | 'onProgress'
> {
  return {
    earlyStopping: undefined,
    checkpointDir: undefined,
    signal: new AbortController().signal,
    onResume: () => undefined,
    onEpoch: () => undefined,
    onProgress: () => undefined,
  };
}
