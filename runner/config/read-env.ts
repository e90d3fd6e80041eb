/**
 * `env:`: the environment variables that a program is given, by name or with defaults. Secrets stay placeholders.
 */
import type { Problems } from '../source/problems.js';
import { asTexts } from './fields.js';
import { describeLocated, type Located, type LocatedEntry } from './located.js';
import { secretsIn } from './secrets.js';

/** A declared variable with its value. */
export interface EnvVariable {
  readonly entry: LocatedEntry;
  readonly value: string;
}

/**
 * Reads `env:`.
 *
 * @param env - the environment that values are taken from
 */
export function readEnv(
  value: Located,
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): readonly EnvVariable[] {
  const entries: readonly LocatedEntry[] =
    value.kind === 'mapping'
      ? value.entries
      : asTexts(value, 'an entry of env', problems).map(({ value: key, range }) => ({
          key,
          keyRange: range,
          value: { kind: 'scalar', value: null, range },
        }));
  return entries.flatMap((entry) => {
    if (!/^[A-Za-z_]\w{0,127}$/u.test(entry.key)) {
      problems.add('bad-name', `'${entry.key}' cannot be the name of an environment variable`, entry.keyRange);
      return [];
    }
    if (entry.value.kind !== 'scalar') {
      problems.add(
        'wrong-type',
        `the default of ${entry.key} must be text, not ${describeLocated(entry.value)}`,
        entry.value.range,
      );
      return [];
    }
    const { value: fallback, range } = entry.value;
    const written = range.file.text.slice(range.start, range.end);
    if (typeof fallback === 'number' && String(fallback) !== written) {
      problems.add('wrong-type', `the default of ${entry.key} would become ${String(fallback)}`, range, {
        hint: `quote it to keep it as it is written: '${written}'`,
      });
      return [];
    }
    // A secret goes by its declared way only: a variable of the same name would bring it into the records.
    const isSecret = typeof fallback === 'string' && secretsIn(fallback).length > 0;
    const outside = !isSecret && Object.hasOwn(env, entry.key) ? env[entry.key] : undefined;
    const found = outside ?? (fallback === null ? undefined : String(fallback));
    if (found !== undefined) return [{ entry, value: found }];
    problems.add('undeclared-env', `the environment variable '${entry.key}' has no value`, entry.keyRange, {
      hint: `set it, or give a default: 'env: {${entry.key}: …}'`,
    });
    return [];
  });
}
