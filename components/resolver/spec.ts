import type { ArtifactType } from '../../artifacts/types.js';
import { defineSpec } from '../component-spec.js';
import { param, type ParamProblem, type ParamValues } from '../params.js';

const params = {
  strategy: param.choice(['latest_artifact', 'latest_blessed_model'], {
    doc: '`latest_artifact`: the newest artifact of the output’s type. `latest_blessed_model`: the newest model that an Evaluator has blessed.',
    default: 'latest_artifact',
  }),
  pipeline: param.string({ doc: 'Name of the pipeline whose artifacts count; without, this one.', optional: true }),
  node: param.string({ doc: 'Name of the node that made it; without, any.', optional: true }),
};

function check(
  { strategy }: ParamValues<typeof params>,
  _inputs: ReadonlySet<string>,
  outputs: Readonly<Record<string, ArtifactType>> = {},
): readonly ParamProblem[] {
  const types = Object.values(outputs).map(({ name }) => name);
  const problem = (message: string, hint: string): readonly ParamProblem[] => [
    { code: 'not-allowed', path: [], atKey: false, message, hint },
  ];
  if (types.length !== 1) {
    return problem(
      'a Resolver finds one artifact: declare one output with its type',
      "write 'outputs: {model: Model}'",
    );
  }
  if (strategy === 'latest_blessed_model' && types[0] !== 'Model') {
    return problem(`a blessed model is of type Model, not ${types[0] ?? ''}`, "write 'outputs: {model: Model}'");
  }
  return [];
}

/** Finds an artifact of an earlier run. */
export const spec = defineSpec({
  name: 'Resolver',
  doc: 'Finds an artifact that an earlier run has made, of this or another pipeline. Where there is none, it is skipped.',
  ports: 'declared-outputs',
  resolves: true,
  params,
  check,
});
