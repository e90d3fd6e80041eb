import type { ArtifactType } from '../../artifacts/types.js';
import { defineSpec } from '../component-spec.js';
import { param, type ParamProblem } from '../params.js';

/** Exactly one output, of any type. */
function check(
  _params: unknown,
  _inputs: ReadonlySet<string>,
  outputs: Readonly<Record<string, ArtifactType>> = {},
): readonly ParamProblem[] {
  if (Object.keys(outputs).length === 1) return [];
  const message = 'an Importer makes one artifact: declare one output with its type';
  return [{ code: 'not-allowed', path: [], atKey: false, message, hint: "write 'outputs: {model: Model}'" }];
}

/** Takes a file or folder from outside into the store. */
export const spec = defineSpec({
  name: 'Importer',
  doc: 'Takes a file or a folder from outside as an artifact of a declared type; its content counts, not its name or time.',
  ports: 'declared-outputs',
  params: {
    source: param.path({ doc: 'The file or folder to copy. Links are followed as long as they stay inside it.' }),
    properties: param.record(
      param.either([param.boolean({ doc: '' }), param.number({ doc: '' }), param.string({ doc: '' })], { doc: '' }),
      { doc: 'Properties to record of the artifact, such as span or version.', default: {} },
    ),
  },
  check,
});
