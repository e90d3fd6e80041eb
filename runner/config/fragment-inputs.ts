/**
 * `inputs:` of a fragment: what it declares, and what is given for it where it is included.
 */
import type { Problems } from '../source/problems.js';
import { asMapping, asText, asTexts, checkName, suggest } from './fields.js';
import type { Located, LocatedEntry, Placed } from './located.js';
import type { FragmentInput } from './name-scope.js';

/** Matches inputs with what is given for them; both what is missing and what is too much is reported. */
export function readFragmentInputs(
  section: Located | undefined,
  given: readonly LocatedEntry[],
  { as, file }: { readonly as: Placed<string>; readonly file: Placed<string> },
  problems: Problems,
): ReadonlyMap<string, FragmentInput> {
  const mapping = section && asMapping(section, 'inputs', problems);
  const declared = (mapping?.entries ?? []).filter((entry) => checkName(entry.key, 'an input', entry, problems));
  for (const { key, keyRange } of given) {
    if (declared.some((entry) => entry.key === key)) continue;
    const known = declared.map((entry) => entry.key);
    problems.add('unknown-input', `the fragment ${file.value} has no input '${key}'`, keyRange, {
      hint: suggest(key, known) ?? `declare it there: 'inputs: {${key}: Model}'`,
    });
  }
  const inputs = new Map<string, FragmentInput>();
  for (const { key, keyRange, value } of declared) {
    const type = asText(value, 'the type of an input', problems);
    const entry = given.find((each) => each.key === key);
    if (entry === undefined) {
      problems.add('missing-input', `the fragment ${file.value} needs the input '${key}'`, as.range, {
        hint: `add 'inputs: {${key}: node.output}'`,
        related: [{ message: 'declared here', range: keyRange }],
      });
    }
    inputs.set(key, {
      type: { value: type ?? '', range: value.range },
      references: entry === undefined ? [] : asTexts(entry.value, 'an input', problems),
    });
  }
  return inputs;
}
