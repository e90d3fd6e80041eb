/**
 * Typed parameter descriptors. One description of a parameter gives its TypeScript type, its validation, its JSON
 * Schema and its line in the reference. Values arrive as plain data, after interpolation; where they stood in a file is
 * the caller's business, which gets the path of every problem.
 */
import { isMapping } from '../artifacts/mapping.js';
import { closestName } from './suggestion.js';

/** Where inside the params a value stands: keys and list indices from the outside in. */
export type ParamPath = readonly (string | number)[];

/** What can be wrong with a parameter. */
export type ParamProblemCode = 'unknown-param' | 'missing-param' | 'wrong-type' | 'out-of-range' | 'not-allowed';

/** One thing that is wrong with a parameter, at one place. */
export interface ParamProblem {
  readonly code: ParamProblemCode;
  readonly path: ParamPath;
  /** The fault is in the key itself, not in its value. */
  readonly atKey: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** A value that names something outside the pipeline file, whose content counts for the fingerprint. */
export interface ParamResource {
  /** `path`: a file or folder; `module`: user code as `file.ts#export`. Both relative to the pipeline file. */
  readonly kind: 'path' | 'module';
  readonly path: ParamPath;
  readonly value: string;
}

/** Receives what a check finds. */
export interface ParamReport {
  problem(problem: ParamProblem): void;
  resource(resource: ParamResource): void;
  /** Told where a value stands that the outputs do not come from. */
  immaterial?(path: ParamPath): void;
}

/** The part of JSON Schema (draft 2020-12) that descriptors produce. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A parameter descriptor for values of type `T`. */
export interface Param<T> {
  /** What a reader of the reference needs to know. */
  readonly doc: string;
  /** Short name of the type, as errors and the reference show it: `integer ≥ 1`. */
  readonly type: string;
  /** May be left out. With a default, the default then stands; without one, the value is undefined. */
  readonly optional: boolean;
  readonly default: T | undefined;
  /** Whether a value is of this kind at a first look; chooses among alternatives of {@link param.either}. */
  accepts(value: unknown): boolean;
  /** Checks a value and fills in defaults. Reports every problem; returns undefined when there was one. */
  check(value: unknown, path: ParamPath, report: ParamReport): T | undefined;
  /** JSON Schema of the value, with documentation and default. */
  jsonSchema(): JsonSchema;
}

/** The descriptors of a component's params, by name. */
export type ParamSet = Readonly<Record<string, Param<unknown>>>;

/** The TypeScript value that a descriptor describes. */
export type ParamValue<P> = P extends Param<infer T> ? T : never;

/** The params that an executor receives. */
export type ParamValues<S extends ParamSet> = { readonly [K in keyof S]: ParamValue<S[K]> };

interface Common<T> {
  readonly doc: string;
  readonly default?: T;
  readonly optional?: boolean;
  /**
   * `false`: whatever it is, the outputs are the same bytes, as with a number of processes. It is then no part of the
   * fingerprint: steps that differ in it alone stand for each other.
   */
  readonly affectsOutputs?: false;
}

/** `T`, or `T | undefined` for an optional descriptor without default. */
type Presence<T, O> = O extends { readonly optional: true } ? T | undefined : T;

interface Kind<T> {
  readonly type: string;
  /** What to do about a value of another kind. */
  readonly hint?: string;
  readonly accepts: (value: unknown) => boolean;
  readonly check: (value: unknown, path: ParamPath, report: ParamReport) => T | undefined;
  readonly schema: () => JsonSchema;
}

function describe<T, O extends Common<unknown>>(options: O, kind: Kind<T>): Param<Presence<T, O>> {
  const isImmaterial = options.affectsOutputs === false;
  const doc = isImmaterial
    ? `${options.doc} It makes no difference for the outputs: no change of it runs a step again.`
    : options.doc;
  const described: Param<unknown> = {
    doc,
    type: kind.type,
    optional: options.optional === true || options.default !== undefined,
    default: options.default,
    accepts: kind.accepts,
    check: (value, path, report) => {
      if (!kind.accepts(value)) {
        report.problem({
          code: 'wrong-type',
          path,
          atKey: false,
          message: `expected ${kind.type}, got ${describeValue(value)}`,
          ...(kind.hint === undefined ? {} : { hint: kind.hint }),
        });
        return undefined;
      }
      if (isImmaterial) report.immaterial?.(path);
      return kind.check(value, path, report);
    },
    jsonSchema: () => ({
      ...kind.schema(),
      ...(doc === '' ? {} : { description: doc }),
      ...(options.default === undefined ? {} : { default: options.default }),
    }),
  };
  return described as Param<Presence<T, O>>;
}

/** A value as an error message names it: its kind, and the value itself when it is short. */
export function describeValue(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return `a list of ${String(value.length)}`;
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  const short = text.length > 40 ? `${text.slice(0, 37)}…` : text;
  return typeof value === 'number' && !Number.isFinite(value)
    ? `the number ${String(value)}`
    : `the ${typeof value} ${short}`;
}

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  /** The value must be greater than this one. */
  readonly above?: number;
}

function numberKind(noun: string, range: Range, isKind: (value: number) => boolean): Kind<number> {
  const bounds = [
    range.minimum === undefined ? '' : ` ≥ ${String(range.minimum)}`,
    range.above === undefined ? '' : ` > ${String(range.above)}`,
    range.maximum === undefined ? '' : ` ≤ ${String(range.maximum)}`,
  ].filter((bound) => bound !== '');
  const type = `${noun}${bounds.join(' and')}`;
  return {
    type,
    accepts: (value) => typeof value === 'number' && isKind(value),
    check: (value, path, report) => {
      const number = value as number;
      const inRange =
        number >= (range.minimum ?? -Infinity) &&
        number <= (range.maximum ?? Infinity) &&
        (range.above === undefined || number > range.above);
      if (inRange) return Object.is(number, -0) ? 0 : number;
      report.problem({
        code: 'out-of-range',
        path,
        atKey: false,
        message: `expected ${type}, got ${String(number)}`,
      });
      return undefined;
    },
    schema: () => ({
      type: noun,
      ...(range.minimum === undefined ? {} : { minimum: range.minimum }),
      ...(range.maximum === undefined ? {} : { maximum: range.maximum }),
      ...(range.above === undefined ? {} : { exclusiveMinimum: range.above }),
    }),
  };
}

/** A safe integer. */
function integer<const O extends Common<number> & Range>(options: O): Param<Presence<number, O>> {
  return describe(options, numberKind('integer', options, Number.isSafeInteger));
}

/** A finite number. */
function number<const O extends Common<number> & Range>(options: O): Param<Presence<number, O>> {
  return describe(options, numberKind('number', options, Number.isFinite));
}

interface StringOptions extends Common<string> {
  /** The whole text must match; `like` says in words what is wanted. */
  readonly pattern?: RegExp;
  readonly like?: string;
}

function textKind(type: string, options: StringOptions): Kind<string> {
  return {
    type,
    accepts: (value) => typeof value === 'string',
    check: (value, path, report) => {
      const text = value as string;
      if (text.includes('\0') || (options.pattern && !options.pattern.test(text))) {
        report.problem({
          code: 'not-allowed',
          path,
          atKey: false,
          message: `${describeValue(text)} is not ${options.like ?? 'text without NUL characters'}`,
        });
        return undefined;
      }
      return text;
    },
    schema: () => ({
      type: 'string',
      ...(options.pattern ? { pattern: options.pattern.source } : {}),
    }),
  };
}

/** Text. */
function string<const O extends StringOptions>(options: O): Param<Presence<string, O>> {
  return describe(options, textKind('string', options));
}

/** true or false. */
function boolean<const O extends Common<boolean>>(options: O): Param<Presence<boolean, O>> {
  return describe<boolean, O>(options, {
    type: 'boolean',
    accepts: (value) => typeof value === 'boolean',
    check: (value) => value as boolean,
    schema: () => ({ type: 'boolean' }),
  });
}

/** One of some fixed words. */
function choice<const V extends readonly string[], const O extends Common<V[number]>>(
  values: V,
  options: O,
): Param<Presence<V[number], O>> {
  const type = values.map((value) => JSON.stringify(value)).join(' | ');
  return describe<V[number], O>(options, {
    type,
    accepts: (value) => typeof value === 'string',
    check: (value, path, report) => {
      if (values.includes(value as string)) return value as V[number];
      const closest = closestName(value as string, values);
      report.problem({
        code: 'not-allowed',
        path,
        atKey: false,
        message: `expected one of ${type}, got ${describeValue(value)}`,
        ...(closest === undefined ? {} : { hint: `did you mean '${closest}'?` }),
      });
      return undefined;
    },
    schema: () => ({ enum: values }),
  });
}

/** A file or folder outside the store, relative to the pipeline file; its content counts for the fingerprint. */
function path<const O extends Common<string>>(options: O): Param<Presence<string, O>> {
  const kind = textKind('path', options);
  return describe(options, {
    ...kind,
    check: (value, at, report) => {
      const text = kind.check(value, at, report);
      if (text === '') {
        report.problem({ code: 'not-allowed', path: at, atKey: false, message: 'the path is empty' });
        return undefined;
      }
      if (text !== undefined) report.resource({ kind: 'path', path: at, value: text });
      return text;
    },
  });
}

/** User code as `file.ts#export`, relative to the pipeline file; the closure of its imports counts for the fingerprint. */
function module<const O extends Common<string>>(options: O): Param<Presence<string, O>> {
  const kind = textKind('module', {
    ...options,
    pattern: /^[^#]+\.(ts|mts|js|mjs)#[A-Za-z_$][\w$]*$/u,
    like: "a reference to user code, as 'modules/file.ts#exportedName'",
  });
  return describe(options, {
    ...kind,
    check: (value, at, report) => {
      const text = kind.check(value, at, report);
      if (text !== undefined) report.resource({ kind: 'module', path: at, value: text });
      return text;
    },
  });
}

interface ListOptions extends Common<readonly unknown[]> {
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A list whose items all follow one descriptor. */
function list<T, const O extends ListOptions>(of: Param<T>, options: O): Param<Presence<readonly T[], O>> {
  const minimum = options.minItems ?? 0;
  const maximum = options.maxItems ?? Infinity;
  const length =
    minimum === maximum ? ` of exactly ${String(minimum)}` : minimum > 0 ? ` of at least ${String(minimum)}` : '';
  return describe<readonly T[], O>(options, {
    type: `list of ${of.type}`,
    hint: 'write a list: […]',
    accepts: (value) => Array.isArray(value),
    check: (value, at, report) => {
      const items = value as readonly unknown[];
      if (items.length < minimum || items.length > maximum) {
        report.problem({
          code: 'out-of-range',
          path: at,
          atKey: false,
          message: `expected a list${length}${maximum < Infinity && minimum !== maximum ? ` and at most ${String(maximum)}` : ''}, got ${String(items.length)} items`,
        });
        return undefined;
      }
      const checked = items.map((item, index) => of.check(item, [...at, index], report));
      return checked.includes(undefined) ? undefined : (checked as T[]);
    },
    schema: () => ({
      type: 'array',
      items: of.jsonSchema(),
      ...(minimum > 0 ? { minItems: minimum } : {}),
      ...(maximum < Infinity ? { maxItems: maximum } : {}),
    }),
  });
}

/** A mapping with keys of the user's choosing, whose values all follow one descriptor. */
function record<T, const O extends Common<Readonly<Record<string, unknown>>>>(
  of: Param<T>,
  options: O,
): Param<Presence<Readonly<Record<string, T>>, O>> {
  return describe<Readonly<Record<string, T>>, O>(options, {
    type: `mapping of ${of.type}`,
    accepts: isMapping,
    check: (value, at, report) => {
      const entries = Object.entries(value as Record<string, unknown>).map(
        ([key, item]) => [key, of.check(item, [...at, key], report)] as const,
      );
      if (entries.some(([, item]) => item === undefined)) return undefined;
      return Object.fromEntries(entries) as Record<string, T>;
    },
    schema: () => ({ type: 'object', additionalProperties: of.jsonSchema() }),
  });
}

/**
 * Checks a mapping against descriptors: unknown keys, missing ones, each value.
 *
 * @returns the values with defaults filled in, or undefined when anything was wrong
 */
export function checkParams<S extends ParamSet>(
  fields: S,
  value: Readonly<Record<string, unknown>>,
  at: ParamPath,
  report: ParamReport,
): ParamValues<S> | undefined {
  let failed = false;
  const known = Object.keys(fields);
  /** Names that others were meant to be. */
  const misspelt = new Set<string | undefined>();
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue;
    failed = true;
    const closest = closestName(key, known);
    misspelt.add(closest);
    report.problem({
      code: 'unknown-param',
      path: [...at, key],
      atKey: true,
      message: `'${key}' is not known here`,
      hint:
        closest === undefined
          ? known.length === 0
            ? 'nothing can be set here'
            : `known are: ${known.join(', ')}`
          : `did you mean '${closest}'?`,
    });
  }
  const entries = Object.entries(fields).map(([key, field]) => {
    if (!Object.hasOwn(value, key) || value[key] === undefined) {
      if (field.default !== undefined) return [key, field.check(field.default, [...at, key], report)] as const;
      if (field.optional) return [key, undefined] as const;
      failed = true;
      if (misspelt.has(key)) return [key, undefined] as const;
      report.problem({
        code: 'missing-param',
        path: at,
        atKey: true,
        message: `'${key}' is missing`,
        hint: `add '${key}: …' (${field.type})`,
      });
      return [key, undefined] as const;
    }
    const checked = field.check(value[key], [...at, key], report);
    if (checked === undefined) failed = true;
    return [key, checked] as const;
  });
  if (failed) return undefined;
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as ParamValues<S>;
}

/** JSON Schema of a mapping described by descriptors. */
export function paramsJsonSchema(fields: ParamSet): JsonSchema {
  const required = Object.entries(fields)
    .filter(([, field]) => !field.optional)
    .map(([key]) => key);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.jsonSchema()])),
    ...(required.length === 0 ? {} : { required }),
  };
}

interface ObjectOptions extends Common<Readonly<Record<string, unknown>>> {
  /** What it is written like, where it is one of several kinds. */
  readonly like?: string;
}

/** A mapping with fixed keys. */
function object<S extends ParamSet, const O extends ObjectOptions>(
  fields: S,
  options: O,
): Param<Presence<ParamValues<S>, O>> {
  return describe<ParamValues<S>, O>(options, {
    type: options.like ?? 'mapping',
    accepts: isMapping,
    check: (value, at, report) => checkParams(fields, value as Record<string, unknown>, at, report),
    schema: () => paramsJsonSchema(fields),
  });
}

/** A mapping that holds exactly one of some keys: `{idx: {…}}` or `{csv: {…}}`. */
export type OneOfValue<S extends ParamSet> = {
  readonly [K in keyof S]: { readonly [P in K]: ParamValue<S[P]> };
}[keyof S];

/** A choice among named forms, written as a mapping with one key: the form's name. */
function oneOf<S extends ParamSet, const O extends Common<Readonly<Record<string, unknown>>>>(
  forms: S,
  options: O,
): Param<Presence<OneOfValue<S>, O>> {
  const names = Object.keys(forms);
  return describe<OneOfValue<S>, O>(options, {
    type: `mapping with one of the keys ${names.join(', ')}`,
    accepts: isMapping,
    check: (value, at, report) => {
      const keys = Object.keys(value as object);
      const [key] = keys;
      if (key === undefined || keys.length > 1) {
        report.problem({
          code: 'not-allowed',
          path: at,
          atKey: false,
          message: `expected exactly one of the keys ${names.join(', ')}, got ${keys.length === 0 ? 'none' : keys.join(', ')}`,
        });
        return undefined;
      }
      const form = Object.hasOwn(forms, key) ? forms[key] : undefined;
      if (form === undefined) {
        const closest = closestName(key, names);
        report.problem({
          code: 'unknown-param',
          path: [...at, key],
          atKey: true,
          message: `'${key}' is not known here`,
          hint: closest === undefined ? `known are: ${names.join(', ')}` : `did you mean '${closest}'?`,
        });
        return undefined;
      }
      const inner = form.check((value as Record<string, unknown>)[key], [...at, key], report);
      return inner === undefined ? undefined : ({ [key]: inner } as OneOfValue<S>);
    },
    schema: () => ({
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: Object.fromEntries(Object.entries(forms).map(([key, form]) => [key, form.jsonSchema()])),
    }),
  });
}

/** A value of one of several kinds that differ at a first look: a number or a list, a word or a mapping. */
function either<const P extends readonly Param<unknown>[], const O extends Common<unknown>>(
  alternatives: P,
  options: O,
): Param<Presence<ParamValue<P[number]>, O>> {
  return describe<ParamValue<P[number]>, O>(options, {
    type: alternatives.map((alternative) => alternative.type).join(' or '),
    accepts: (value) => alternatives.some((alternative) => alternative.accepts(value)),
    check: (value, at, report) =>
      alternatives.find((alternative) => alternative.accepts(value))?.check(value, at, report) as
        ParamValue<P[number]> | undefined,
    schema: () => ({ anyOf: alternatives.map((alternative) => alternative.jsonSchema()) }),
  });
}

/** Nothing: `null`, for what is left out on purpose; useful as an alternative of {@link either}. */
function nothing(options: { readonly doc: string }): Param<null> {
  return describe<null, typeof options>(options, {
    type: 'null',
    accepts: (value) => value === null,
    check: () => null,
    schema: () => ({ type: 'null' }),
  });
}

/** Plain data that a component hands on as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Any plain data; for what a user's own code defines. */
function json<const O extends Common<Json>>(options: O): Param<Presence<Json, O>> {
  return describe<Json, O>(options, {
    type: 'any value',
    accepts: (value) => value !== undefined,
    check: (value) => value as Json,
    schema: () => ({}),
  });
}

/**
 * The kinds of parameters. Every one takes `doc`, `default` or `optional: true` when it may be left out, and
 * `affectsOutputs: false` when the outputs do not come from it.
 */
export const param = {
  integer,
  number,
  string,
  boolean,
  choice,
  path,
  module,
  list,
  record,
  object,
  oneOf,
  either,
  nothing,
  json,
} as const;
