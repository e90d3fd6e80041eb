/**
 * The params of a pipeline: their definitions, and their values from defaults, params files and `--set`.
 */
import type { Problems } from '../source/problems.js';
import type { SourceRange } from '../source/source-file.js';
import { asMapping, checkName, knownEntries, suggest } from './fields.js';
import { describeLocated, plain, type Located, type LocatedEntry } from './located.js';

const TYPES = ['integer', 'number', 'string', 'boolean', 'list', 'mapping', 'any'] as const;
type ParamType = (typeof TYPES)[number];

const DEFINITION_KEYS = ['type', 'default', 'minimum', 'maximum', 'enum', 'description'];

/** A param of the pipeline with its value. */
export interface PipelineParam {
  readonly name: string;
  /** undefined where it has none that it may have, which is told. */
  readonly value: Located | undefined;
  /** Where the param is defined, for messages about its value. */
  readonly definedAt: SourceRange;
}

function typeOf(value: Located): ParamType {
  if (value.kind !== 'scalar') return value.kind;
  if (typeof value.value === 'number') return Number.isInteger(value.value) ? 'integer' : 'number';
  if (typeof value.value === 'boolean') return 'boolean';
  return value.value === null ? 'any' : 'string';
}

function fits(value: Located, type: ParamType): boolean {
  const actual = typeOf(value);
  return type === 'any' || actual === type || (type === 'number' && actual === 'integer');
}

/** Whose params they are. */
export interface ParamOwner {
  readonly name: string;
  /** How a value is given. */
  readonly giving: (param: string) => string;
}

const PIPELINE: ParamOwner = {
  name: 'the pipeline',
  giving: (param) => `give one with --set ${param}=…, or add a default`,
};

interface Definition {
  readonly type: ParamType;
  readonly default: Located | undefined;
  readonly constraints: ReadonlyMap<string, LocatedEntry>;
  readonly range: SourceRange;
}

function readDefinition(entry: LocatedEntry, problems: Problems): Definition | undefined {
  const { value, keyRange } = entry;
  if (value.kind !== 'mapping') {
    const short = typeOf(value);
    // `rate: 1` may well be set to 0.5 later.
    return { type: short === 'integer' ? 'number' : short, default: value, constraints: new Map(), range: keyRange };
  }
  const keys = knownEntries(value, DEFINITION_KEYS, `param '${entry.key}'`, problems);
  const type = keys.get('type');
  if (type === undefined) {
    problems.add('missing-key', `param '${entry.key}' has no type`, keyRange, {
      hint: `add 'type: …', one of ${TYPES.join(', ')}`,
    });
    return undefined;
  }
  const name =
    type.value.kind === 'scalar'
      ? TYPES.find((known) => known === (type.value as { value: unknown }).value)
      : undefined;
  if (name === undefined) {
    problems.add(
      'not-allowed',
      `the type of a param is one of ${TYPES.join(', ')}, not ${describeLocated(type.value)}`,
      type.value.range,
      {
        hint: suggest(String(plain(type.value)), TYPES),
      },
    );
    return undefined;
  }
  return { type: name, default: keys.get('default')?.value, constraints: keys, range: keyRange };
}

function checkValue(name: string, value: Located, definition: Definition, problems: Problems): boolean {
  const related =
    value.range.file === definition.range.file && value === definition.default
      ? []
      : [{ message: `'${name}' is defined here`, range: definition.range }];
  if (!fits(value, definition.type)) {
    problems.add(
      'wrong-type',
      `param '${name}' must be ${definition.type === 'integer' ? 'an' : 'a'} ${definition.type}, not ${describeLocated(value)}`,
      value.range,
      { related },
    );
    return false;
  }
  const bound = (key: string): number | undefined => {
    const located = definition.constraints.get(key)?.value;
    return located?.kind === 'scalar' && typeof located.value === 'number' ? located.value : undefined;
  };
  const number = value.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined;
  if (number !== undefined && (number < (bound('minimum') ?? -Infinity) || number > (bound('maximum') ?? Infinity))) {
    problems.add('out-of-range', `param '${name}' is ${String(number)}, outside its bounds`, value.range, { related });
    return false;
  }
  const allowed = definition.constraints.get('enum')?.value;
  if (allowed?.kind === 'list') {
    const texts = allowed.items.map((item) => JSON.stringify(plain(item)));
    if (!texts.includes(JSON.stringify(plain(value)))) {
      problems.add(
        'not-allowed',
        `param '${name}' must be one of ${texts.join(', ')}, not ${describeLocated(value)}`,
        value.range,
        { related },
      );
      return false;
    }
  }
  return true;
}

/**
 * Resolves the params of a pipeline, or of a fragment.
 *
 * @param section - the value of `params:`, undefined when there is none
 * @param overrides - values from outside by name, later ones first
 * @param owner - whose they are, and how one is given
 */
export function resolveParams(
  section: Located | undefined,
  overrides: readonly LocatedEntry[],
  problems: Problems,
  owner: ParamOwner = PIPELINE,
): ReadonlyMap<string, PipelineParam> {
  const mapping = section === undefined ? undefined : asMapping(section, 'params', problems);
  const params = new Map<string, PipelineParam>();
  const names = mapping?.entries.map(({ key }) => key) ?? [];
  for (const override of overrides) {
    if (!names.includes(override.key)) {
      problems.add('unknown-param', `${owner.name} has no param '${override.key}'`, override.keyRange, {
        hint: suggest(override.key, names),
      });
    }
  }
  for (const entry of mapping?.entries ?? []) {
    if (!checkName(entry.key, 'a param', entry, problems)) continue;
    const definition = readDefinition(entry, problems);
    const value = overrides.find(({ key }) => key === entry.key)?.value ?? definition?.default;
    if (definition !== undefined && value === undefined) {
      problems.add('missing-param', `param '${entry.key}' has no value`, entry.keyRange, {
        hint: owner.giving(entry.key),
      });
    }
    const fitting = definition && value && checkValue(entry.key, value, definition, problems) ? value : undefined;
    params.set(entry.key, { name: entry.key, value: fitting, definedAt: entry.keyRange });
  }
  return params;
}

/** The entries of a params file or of one `--set`. */
export function overrideEntries(root: Located | undefined, what: string, problems: Problems): readonly LocatedEntry[] {
  return root === undefined ? [] : (asMapping(root, what, problems)?.entries ?? []);
}

/** A `--set` as an entry: the name before the first `=`, and the value after it as YAML. */
export function setEntry(name: string, nameRange: SourceRange, value: Located | undefined): LocatedEntry {
  return { key: name, keyRange: nameRange, value: value ?? { kind: 'scalar', value: '', range: nameRange } };
}
