/**
 * `inputs:` of a fragment: what it declares, and what is given for it where it is included.
 */
import type { Problems } from '../source/problems.js';
import { asBoolean, asMapping, asText, asTexts, checkName, knownEntries, suggest } from './fields.js';
import type { Located, LocatedEntry, Placed } from './located.js';
import type { FragmentInput } from './name-scope.js';

/** An input as the fragment declares it. */
type Declared = Pick<FragmentInput, 'type' | 'optional'>;

/** `examples: Examples`, or more about it: `baseline: {type: Model, optional: true}`. */
function readDeclared({ key, keyRange, value }: LocatedEntry, problems: Problems): Declared {
  if (value.kind !== 'mapping') {
    const type = asText(value, 'the type of an input', problems) ?? '';
    return { type: { value: type, range: value.range }, optional: false };
  }
  const keys = knownEntries(value, ['type', 'optional', 'description'], `input '${key}'`, problems);
  const type = keys.get('type');
  const optional = keys.get('optional');
  const description = keys.get('description');
  if (type === undefined) {
    problems.add('missing-key', `input '${key}' has no type`, keyRange, {
      hint: "add 'type: …', the name of an artifact type",
    });
  }
  if (description !== undefined) asText(description.value, 'description', problems);
  return {
    type: {
      value: (type && asText(type.value, 'the type of an input', problems)) ?? '',
      range: type?.value.range ?? keyRange,
    },
    optional: (optional && asBoolean(optional.value, 'optional', problems)) ?? false,
  };
}

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
  for (const declaration of declared) {
    const { key, keyRange } = declaration;
    const { type, optional } = readDeclared(declaration, problems);
    const entry = given.find((each) => each.key === key);
    const isEmpty = entry?.value.kind === 'list' && entry.value.items.length === 0;
    if (!optional && (entry === undefined || isEmpty)) {
      const message = `the fragment ${file.value} needs the input '${key}'`;
      problems.add('missing-input', message, entry?.value.range ?? as.range, {
        hint: `${entry === undefined ? 'add' : 'write'} 'inputs: {${key}: node.output}'`,
        related: [{ message: 'declared here', range: keyRange }],
      });
    }
    inputs.set(key, {
      type,
      optional,
      references: entry === undefined ? [] : asTexts(entry.value, 'an input', problems),
    });
  }
  return inputs;
}
