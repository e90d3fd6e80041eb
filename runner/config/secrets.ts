/**
 * `secrets:`: names whose values come from the environment, or from a file that it names. A value never enters a param, a
 * fingerprint or a record: it stays apart until a step starts.
 */
import { readFileSync } from 'node:fs';
import type { Problems } from '../source/problems.js';
import { suggest } from './fields.js';
import type { Placed } from './located.js';

/** Shortest secret, in characters: what is shorter cannot be masked without masking all sorts of text. */
const SHORTEST = 6;

function fileContent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/u, '');
  } catch {
    return undefined;
  }
}

/**
 * Finds the values of secrets: that of the variable `NAME`, else the content of the file that `NAME_FILE` names.
 *
 * @returns values by name; what is missing is reported
 */
export function readSecrets(
  names: readonly Placed<string>[],
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  for (const { value: name, range } of names) {
    if (!/^[A-Za-z_]\w{0,120}$/u.test(name)) {
      problems.add('bad-name', `'${name.slice(0, 80)}' cannot be the name of a secret`, range, {
        hint: 'a name is that of an environment variable: letters, digits and _',
      });
      continue;
    }
    // Declared, whatever becomes of it: its uses are not reported again.
    secrets.set(name, '');
    const path = env[`${name}_FILE`];
    const value = env[name] ?? (path === undefined ? undefined : fileContent(path));
    if (value === undefined) {
      const why = path === undefined ? '' : `: the file that ${name}_FILE names cannot be read`;
      problems.add('missing-secret', `the secret '${name}' has no value${why}`, range, {
        hint: `set the environment variable ${name}, or ${name}_FILE to the path of a file`,
      });
    } else if (value.length < SHORTEST) {
      problems.add('missing-secret', `the secret '${name}' is too short to be kept out of logs`, range, {
        hint: `a secret has at least ${String(SHORTEST)} characters`,
      });
    } else secrets.set(name, value);
  }
  return secrets;
}

/** The secrets that a text names as `${secrets.X}`. */
export function secretsIn(text: string): readonly string[] {
  return [...text.matchAll(/\$\{secrets\.([^{}]*)\}/gu)].map(([, name = '']) => name);
}

/** Reports a secret that a text names, and nothing declares. */
export function checkSecretsIn(
  { value, range }: Placed<string>,
  declared: ReadonlySet<string>,
  problems: Problems,
): void {
  const unknown = secretsIn(value).find((name) => !declared.has(name));
  if (unknown === undefined) return;
  problems.add('unknown-placeholder', `there is no secret '${unknown}'`, range, {
    hint: suggest(unknown, [...declared]) ?? `declare it: 'secrets: [${unknown}]' beside 'nodes'`,
  });
}

/** The text with its secrets put in. */
export function withSecrets(text: string, secrets: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{secrets\.([^{}]*)\}/gu, (whole, name: string) => secrets.get(name) ?? whole);
}
