/**
 * The space of a search: hyperparameters by name, with KerasTuner's kinds and arguments. What is drawn from it is said in
 * `draw.ts`.
 */
import { param, type ParamPath, type ParamProblem, type ParamValue } from '../params.js';
import { HP_NAME } from '../training-params.js';

const sampling = param.choice(['linear', 'log'], {
  doc: '`log`: equal chances for equal factors. `step` is then a factor too.',
  default: 'linear',
});

const constant = param.either([param.number({ doc: '' }), param.string({ doc: '' }), param.boolean({ doc: '' })], {
  doc: 'A number, a text, true or false.',
});

const kinds = {
  Int: param.object(
    {
      min_value: param.integer({ doc: 'The least value.' }),
      max_value: param.integer({ doc: 'The largest value.' }),
      step: param.integer({
        doc: 'Distance of two values. Default 1; with `log`, every integer is possible.',
        minimum: 1,
        optional: true,
      }),
      sampling,
    },
    { doc: 'A whole number.' },
  ),
  Float: param.object(
    {
      min_value: param.number({ doc: 'The least value.' }),
      max_value: param.number({ doc: 'The largest value.' }),
      step: param.number({ doc: 'Distance of two values. Default: any value is possible.', above: 0, optional: true }),
      sampling,
    },
    { doc: 'A number.' },
  ),
  Choice: param.object(
    { values: param.list(constant, { doc: 'What is chosen from.', minItems: 1, maxItems: 1000 }) },
    { doc: 'One of some values.' },
  ),
  Boolean: param.object({}, { doc: 'true or false.' }),
  Fixed: param.object({ value: constant }, { doc: 'Always the same value.' }),
} as const;

const hyperparameter = param.either(
  [param.choice(['Boolean'], { doc: 'true or false.' }), param.oneOf(kinds, { doc: 'Its kind, with arguments.' })],
  { doc: 'A hyperparameter.' },
);

/** One hyperparameter. */
export type Hyperparameter = ParamValue<typeof hyperparameter>;

/** The space of a search. */
export const spaceParam = param.record(hyperparameter, {
  doc: 'Hyperparameters by name: `{dropout: {Float: {min_value: 0.1, max_value: 0.5, step: 0.1}}}`. The model and the training refer to them as `{hp: dropout}`.',
});

/** Value of {@link spaceParam}. */
export type Space = ParamValue<typeof spaceParam>;

/** Arguments of a number's range. */
export interface NumberRange {
  readonly min_value: number;
  readonly max_value: number;
  readonly step?: number | undefined;
  readonly sampling: 'linear' | 'log';
}

/** The range of a hyperparameter that is a number; undefined for the other kinds. */
export function rangeOf(entry: Hyperparameter): (NumberRange & { readonly kind: 'Int' | 'Float' }) | undefined {
  if (entry === 'Boolean') return undefined;
  if ('Int' in entry) return { kind: 'Int', ...entry.Int };
  if ('Float' in entry) return { kind: 'Float', ...entry.Float };
  return undefined;
}

function rangeProblem({ min_value, max_value, step, sampling: kind }: NumberRange): string | undefined {
  if (min_value > max_value) return `min_value ${String(min_value)} is above max_value ${String(max_value)}`;
  if (kind === 'linear') return undefined;
  if (min_value <= 0) return `sampling 'log' needs a min_value above 0, got ${String(min_value)}`;
  if (step !== undefined && step <= 1) return `with sampling 'log', step is a factor above 1, got ${String(step)}`;
  return undefined;
}

/** Finds what is wrong with a space by itself. @param path - of the space */
export function checkSpace(space: Space, path: ParamPath): readonly ParamProblem[] {
  const entries = Object.entries(space);
  if (entries.length === 0) {
    const message = 'the space is empty: there is nothing to search';
    return [{ code: 'not-allowed', path, atKey: false, message, hint: 'add a hyperparameter, or use a Trainer' }];
  }
  return entries.flatMap(([name, entry]): readonly ParamProblem[] => {
    const at = [...path, name];
    if (!HP_NAME.test(name)) {
      const message = `'${name}' is not a name of letters, digits, _, - and .`;
      return [{ code: 'not-allowed', path: at, atKey: true, message }];
    }
    const range = rangeOf(entry);
    const message = range && rangeProblem(range);
    return message === undefined ? [] : [{ code: 'not-allowed', path: at, atKey: false, message }];
  });
}
