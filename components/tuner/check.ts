/**
 * Holds the space against what refers to it: every reference names a hyperparameter, every hyperparameter is referred
 * to, and all of its values fit where they will stand.
 */
import { checkParams, type Json, type ParamProblem, type ParamSet } from '../params.js';
import { closestName } from '../suggestion.js';
import { hyperparameterReferences, resolveHyperparameters, type HpValues } from '../training-params.js';
import { extremeValues } from './draw.js';
import type { Space } from './space.js';

function unknownReferences(training: Json, space: Space): readonly ParamProblem[] {
  const names = Object.keys(space);
  return hyperparameterReferences(training)
    .filter(({ name }) => !Object.hasOwn(space, name))
    .map(({ name, path }) => {
      const closest = closestName(name, names);
      return {
        code: 'not-allowed',
        path: [...path, 'hp'],
        atKey: false,
        message: `the space has no hyperparameter '${name}'`,
        hint: closest === undefined ? `it has: ${names.join(', ')}` : `did you mean '${closest}'?`,
      };
    });
}

function unusedNames(training: Json, space: Space): readonly ParamProblem[] {
  const used = new Set(hyperparameterReferences(training).map(({ name }) => name));
  const missing = [...used].filter((name) => !Object.hasOwn(space, name));
  return Object.keys(space)
    .filter((name) => !used.has(name))
    .map((name) => {
      const closest = closestName(name, missing);
      return {
        code: 'not-allowed',
        path: ['space', name],
        atKey: true,
        message: `nothing refers to the hyperparameter '${name}'`,
        hint:
          closest === undefined
            ? `put {hp: ${name}} where its value belongs, or take it out of the space`
            : `{hp: ${closest}} is referred to: did you mean that?`,
      };
    });
}

/** Puts the ends of all ranges and every choice in their places, and checks what comes of it. */
function unfitValues(fields: ParamSet, training: Json, space: Space): readonly ParamProblem[] {
  const references = hyperparameterReferences(training);
  const extremes = Object.entries(space).map(([name, entry]) => [name, extremeValues(entry)] as const);
  const most = Math.max(...extremes.map(([, values]) => values.length));
  const found = new Map<string, ParamProblem>();
  for (let index = 0; index < most; index++) {
    const hp: HpValues = Object.fromEntries(
      extremes.map(([name, values]) => [name, values[index % values.length] ?? false]),
    );
    const resolved = resolveHyperparameters(training, hp, (name) => {
      throw new Error(`no value of ${name}`);
    });
    checkParams(fields, resolved as Readonly<Record<string, unknown>>, [], {
      resource: () => undefined,
      problem: (problem) => {
        const reference = references.find(({ path }) => path.every((key, at) => key === problem.path[at]));
        if (reference === undefined) return;
        const { name, path } = reference;
        const key = JSON.stringify(path);
        if (found.has(key)) return;
        const message = `the hyperparameter '${name}' can be ${JSON.stringify(hp[name])}: ${problem.message}`;
        found.set(key, { code: problem.code, path, atKey: false, message, hint: 'change its entry in the space' });
      },
    });
  }
  return [...found.values()];
}

/**
 * Finds what does not fit between a space and the params of the training that refer to it.
 *
 * @param fields - descriptors of `training`
 * @param training - checked params, whose paths are those of the component
 * @param ownCode - user code builds the model, and may use hyperparameters that no param refers to
 */
export function checkReferences(
  fields: ParamSet,
  training: Json,
  space: Space,
  ownCode: boolean,
): readonly ParamProblem[] {
  const unknown = unknownReferences(training, space);
  const unused = ownCode ? [] : unusedNames(training, space);
  return [...unknown, ...unused, ...(unknown.length === 0 ? unfitValues(fields, training, space) : [])];
}
