/**
 * From what an executor threw to what is recorded and shown.
 */
import { StepError } from '../../components/executor.js';
import { memoryFailure } from '../../components/memory-watch.js';
import { readableStack } from '../../components/user-stack.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { StepFailure } from './run-event.js';

/** Describes an error. Anything but an expected one counts as a defect and keeps its stack. */
export function stepFailure(error: unknown): StepFailure {
  const expected = error instanceof StepError || error instanceof StoreError ? error : memoryFailure(error);
  if (expected !== undefined) {
    return { code: expected.code, message: expected.message, hint: expected.hint, stack: undefined };
  }
  const isError = error instanceof Error;
  return {
    code: 'defect',
    message: isError ? error.message : String(error),
    hint: 'this is a defect of the component; its stack is in the log',
    stack: isError && error.stack !== undefined ? readableStack(error.stack) : undefined,
  };
}

/** An error that carries a failure which was told elsewhere. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(readonly failure: StepFailure) {
    super(failure.message);
  }
}
