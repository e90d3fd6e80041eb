/**
 * Replaces `${params.x}`, `${env.X}` and `${each.x}` in located values. Alone it keeps its type; inside text it becomes text; `$${`
 * stands for a plain `${`.
 */
import type { Problems } from '../source/problems.js';
import type { SourceRange } from '../source/source-file.js';
import { suggest } from './fields.js';
import { describeLocated, entryOf, type Located } from './located.js';
import type { PipelineParam } from './pipeline-params.js';
import { secretsIn } from './secrets.js';

/** What placeholders can mean at a place. */
export interface Scope {
  readonly params: ReadonlyMap<string, PipelineParam>;
  readonly env: ReadonlyMap<string, string>;
  /** The values that this instance of a node is made for; empty without `for_each`. */
  readonly each: ReadonlyMap<string, Located>;
  /** Placeholders of these kinds are left as they are, for the component; `inputs` and `outputs` of a Command. */
  readonly later: ReadonlyMap<string, readonly string[]>;
}

const PLACEHOLDER = /\$\$\{|\$\{([^{}]*)\}/gu;

/** Whose params are meant at a place. */
export function paramOwner({ file }: SourceRange): string {
  return file.includedAt === undefined ? 'the pipeline' : 'the fragment';
}

/** The value with everything inside it at one place: what a placeholder brought in stands where the placeholder stood. */
function moved(value: Located, range: SourceRange): Located {
  switch (value.kind) {
    case 'scalar':
      return { ...value, range };
    case 'list':
      return { kind: 'list', range, items: value.items.map((item) => moved(item, range)) };
    case 'mapping':
      return {
        kind: 'mapping',
        range,
        entries: value.entries.map((entry) => ({ key: entry.key, keyRange: range, value: moved(entry.value, range) })),
      };
  }
}

function resolve(name: string, range: SourceRange, scope: Scope, problems: Problems): Located | 'later' | undefined {
  const [kind, ...rest] = name.trim().split('.');
  const key = rest.join('.');
  if (kind === 'params') {
    const param = scope.params.get(key);
    if (param !== undefined) return param.value && moved(param.value, range);
    problems.add('unknown-placeholder', `${paramOwner(range)} has no param '${key}'`, range, {
      hint: suggest(key, [...scope.params.keys()]),
    });
    return undefined;
  }
  if (kind === 'each' && scope.each.size > 0) {
    const [first = '', ...path] = rest;
    const value = path.reduce<Located | undefined>(
      (found, name) => (found?.kind === 'mapping' ? entryOf(found, name)?.value : undefined),
      scope.each.get(first),
    );
    if (value !== undefined) return moved(value, range);
    problems.add('unknown-placeholder', `for_each has no value '${key}'`, range, {
      hint: suggest(first, [...scope.each.keys()]),
    });
    return undefined;
  }
  if (kind === 'env') {
    const value = scope.env.get(key);
    if (value !== undefined && secretsIn(value).length > 0) {
      problems.add('not-allowed', `the variable '${key}' holds a secret, which cannot stand in params`, range, {
        hint: 'let the step read it from its environment',
      });
      return undefined;
    }
    if (value !== undefined) return { kind: 'scalar', value, range };
    problems.add(
      'undeclared-env',
      `the environment variable '${key}' is not declared for this node, or has no value`,
      range,
      {
        hint: `declare it: 'env: [${key}]'`,
      },
    );
    return undefined;
  }
  if (kind === 'secrets' && !scope.later.has('secrets')) {
    problems.add('not-allowed', 'a secret cannot stand here, where it would be recorded or seen by others', range, {
      hint: `hand it over in the environment: 'env: {${key}: "\${secrets.${key}}"}'`,
    });
    return undefined;
  }
  const known = scope.later.get(kind ?? '');
  if (known?.includes(key) === true) return 'later';
  if (kind === 'secrets') {
    problems.add('unknown-placeholder', `there is no secret '${key}'`, range, {
      hint: suggest(key, known ?? []) ?? `declare it: 'secrets: [${key}]' beside 'nodes'`,
    });
    return undefined;
  }
  const kinds = ['params', 'env', ...(scope.each.size > 0 ? ['each'] : []), ...scope.later.keys()];
  const hint =
    known !== undefined
      ? suggest(key, known)
      : scope.params.has(name.trim())
        ? `write '\${params.${name.trim()}}'`
        : `placeholders begin with ${kinds.join('., ')}.`;
  problems.add('unknown-placeholder', `\${${name}} names nothing that is known here`, range, { hint });
  return undefined;
}

/** Replaces placeholders in a value and all inside it; undefined when one could not be. */
export function interpolate(value: Located, scope: Scope, problems: Problems): Located | undefined {
  switch (value.kind) {
    case 'list': {
      const items = value.items.map((item) => interpolate(item, scope, problems));
      if (items.every((item, index) => item === value.items[index])) return value;
      return items.includes(undefined) ? undefined : { ...value, items: items as Located[] };
    }
    case 'mapping': {
      const values = value.entries.map((entry) => interpolate(entry.value, scope, problems));
      if (values.every((each, index) => each === value.entries[index]?.value)) return value;
      const entries = value.entries.flatMap((entry, index) => {
        const replaced = values[index];
        return replaced === undefined ? [] : [{ ...entry, value: replaced }];
      });
      return entries.length < values.length ? undefined : { ...value, entries };
    }
    case 'scalar': {
      if (typeof value.value !== 'string' || !value.value.includes('${')) return value;
      const alone = /^\$\{([^{}]*)\}$/u.exec(value.value);
      if (alone?.[1] !== undefined) {
        const found = resolve(alone[1], value.range, scope, problems);
        return found === 'later' ? value : found;
      }
      const failures: string[] = [];
      const text = value.value.replaceAll(PLACEHOLDER, (whole: string, name: string | undefined) => {
        if (name === undefined) return '${';
        const found = resolve(name, value.range, scope, problems);
        if (found === 'later') return whole;
        if (found?.kind === 'scalar') return String(found.value);
        failures.push(name);
        if (found !== undefined) {
          problems.add(
            'wrong-type',
            `\${${name}} is ${describeLocated(found)}: it cannot stand inside text`,
            value.range,
            { hint: 'write it alone, without text around it' },
          );
        }
        return '';
      });
      return failures.length > 0 ? undefined : { ...value, value: text };
    }
  }
}
