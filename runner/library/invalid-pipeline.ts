/**
 * All that is wrong with a pipeline, as one error.
 */
import { diagnosticData } from '../source/diagnostic-data.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { PipelineError } from './pipeline-error.js';

/** The error of a pipeline that cannot be worked with. */
export function invalidPipeline(found: readonly Diagnostic[]): PipelineError {
  const diagnostics = found.map(diagnosticData);
  const places = diagnostics.map(({ place, message }) =>
    place === undefined ? message : `${place.file}:${String(place.line)}:${String(place.column)}: ${message}`,
  );
  return new PipelineError('invalid-pipeline', places.join('\n'), found[0]?.hint, diagnostics);
}
