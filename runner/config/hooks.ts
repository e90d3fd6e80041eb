/**
 * `on_success:` and `on_failure:`: what is called once a run has ended. Secrets stay placeholders in it.
 */
import type { Problems } from '../source/problems.js';
import { asDuration, asMapping, asText, knownEntries } from './fields.js';
import { interpolate, type Scope } from './interpolate.js';
import { describeLocated, type Located, type LocatedEntry } from './located.js';
import type { PipelineParam } from './pipeline-params.js';
import { readEnv } from './read-env.js';
import { checkSecretsIn, withSecrets } from './secrets.js';

/** Most hooks of a list: they are called one after the other. */
const MAX_HOOKS = 20;

/** Time that a hook has where the file sets none, in milliseconds. */
const TIMEOUT_MS = 30_000;

const HOOK_KEYS = ['command', 'webhook', 'headers', 'env', 'timeout'];

/** Headers that belong to the connection, not to what it carries. */
const OWN_HEADERS = ['connection', 'content-length', 'expect', 'host', 'keep-alive', 'transfer-encoding', 'upgrade'];

/** Something to be called. */
export type Hook = {
  /** Where it stands: `on_failure[0]`. */
  readonly name: string;
  readonly timeoutMs: number;
} & (
  | {
      readonly kind: 'command';
      /** Program and arguments. */
      readonly command: readonly [string, ...string[]];
      /** Declared environment; a secret stands as `${secrets.X}`. */
      readonly env: Readonly<Record<string, string>>;
    }
  /** In both, a secret stands as `${secrets.X}`. */
  | { readonly kind: 'webhook'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
);

/** What hooks may name. */
export interface HookScope {
  readonly params: ReadonlyMap<string, PipelineParam>;
  /** Values by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The environment that declared variables are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A text after interpolation; a param of another type becomes text. */
function interpolatedText(value: Located, what: string, scope: Scope, problems: Problems): string | undefined {
  const isPlaceholder = value.kind === 'scalar' && typeof value.value === 'string';
  const found = interpolate(value, scope, problems);
  if (found === undefined) return undefined;
  if (isPlaceholder && found.kind === 'scalar' && found.value !== null) return String(found.value);
  return asText(found, what, problems);
}

function readCommand(value: Located, scope: Scope, problems: Problems): readonly [string, ...string[]] | undefined {
  if (value.kind !== 'list') {
    problems.add('wrong-type', `command must be a list, not ${describeLocated(value)}`, value.range, {
      hint: "write program and arguments: 'command: [python3, notify.py]'; there is no shell",
    });
    return undefined;
  }
  const texts = value.items.map((item) => interpolatedText(item, 'a part of command', scope, problems));
  const [program, ...rest] = texts;
  if (texts.includes(undefined)) return undefined;
  if (program === undefined || program === '') {
    problems.add('missing-key', 'command names no program', value.range);
    return undefined;
  }
  return [program, ...(rest as string[])];
}

/** The text with its secrets for a check; undefined where one has no value, which was reported. */
function filledIn(text: string, secrets: HookScope['secrets']): string | undefined {
  const filled = withSecrets(text, secrets);
  const isWhole = [...secrets].every(([name, value]) => value !== '' || !text.includes(`\${secrets.${name}}`));
  return isWhole ? filled : undefined;
}

function readUrl(value: Located, secrets: HookScope['secrets'], scope: Scope, problems: Problems): string | undefined {
  const text = interpolatedText(value, 'webhook', scope, problems);
  if (text === undefined) return undefined;
  const filled = filledIn(text, secrets);
  if (filled === undefined) return text;
  const url = URL.canParse(filled) ? new URL(filled) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    problems.add('not-allowed', 'a webhook is a URL that begins with http:// or https://', value.range);
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    problems.add('not-allowed', 'the URL of a webhook cannot hold a name and password', value.range, {
      hint: 'send them as a header: \'headers: {Authorization: "Basic ${secrets.X}"}\'',
    });
    return undefined;
  }
  return text;
}

function readHeaders(
  value: Located,
  secrets: HookScope['secrets'],
  scope: Scope,
  problems: Problems,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const entry of asMapping(value, 'headers', problems)?.entries ?? []) {
    const isName = /^[\w!#$%&'*+.^`|~-]{1,128}$/u.test(entry.key) && entry.key !== '__proto__';
    if (!isName || OWN_HEADERS.includes(entry.key.toLowerCase())) {
      problems.add('bad-name', `'${entry.key.slice(0, 80)}' cannot be set as a header`, entry.keyRange);
      continue;
    }
    const text = interpolatedText(entry.value, `the header ${entry.key}`, scope, problems);
    if (text === undefined) continue;
    if (/^[\t\x20-\x7e]*$/u.test(filledIn(text, secrets) ?? '')) headers[entry.key] = text;
    else {
      const message = `the header ${entry.key} holds a line break or a character that is not ASCII`;
      problems.add('not-allowed', message, entry.value.range);
    }
  }
  return headers;
}

function readHook(name: string, value: Located, from: HookScope, problems: Problems): Hook | undefined {
  const mapping = asMapping(value, name, problems);
  if (mapping === undefined) return undefined;
  const keys = knownEntries(mapping, HOOK_KEYS, 'a hook', problems);
  const command = keys.get('command');
  const webhook = keys.get('webhook');
  const declared = new Set(from.secrets.keys());
  const nowhere = { params: from.params, env: new Map(), each: new Map() };
  const refuse = (key: string, kind: string): void => {
    const entry = keys.get(key);
    if (entry !== undefined) problems.add('unknown-key', `a ${kind} has no ${key}`, entry.keyRange);
  };
  const timeout = keys.get('timeout');
  const timeoutMs = (timeout && asDuration(timeout.value, 'timeout', problems)) ?? TIMEOUT_MS;
  if ((command === undefined) === (webhook === undefined)) {
    problems.add('missing-key', 'a hook is either a command or a webhook', value.range, {
      hint: "write 'command: [program, argument]' or 'webhook: https://…'",
    });
    return undefined;
  }
  const secretScope: Scope = { ...nowhere, later: new Map([['secrets', [...declared]]]) };
  if (webhook !== undefined) {
    refuse('env', 'webhook');
    const url = readUrl(webhook.value, from.secrets, secretScope, problems);
    const given = keys.get('headers');
    const headers = given === undefined ? {} : readHeaders(given.value, from.secrets, secretScope, problems);
    return url === undefined ? undefined : { name, timeoutMs, kind: 'webhook', url, headers };
  }
  refuse('headers', 'command');
  const argv = readCommand((command as LocatedEntry).value, { ...nowhere, later: new Map() }, problems);
  const env = keys.get('env');
  const variables = env === undefined ? [] : readEnv(env.value, from.env, problems);
  for (const { entry, value: text } of variables) {
    checkSecretsIn({ value: text, range: entry.value.range }, declared, problems);
  }
  if (argv === undefined) return undefined;
  const values = Object.fromEntries(variables.map(({ entry, value: text }) => [entry.key, text]));
  return { name, timeoutMs, kind: 'command', command: argv, env: values };
}

/**
 * Reads a list of hooks.
 *
 * @param key - `on_success` or `on_failure`
 */
export function readHooks(key: string, value: Located, scope: HookScope, problems: Problems): readonly Hook[] {
  if (value.kind !== 'list') {
    problems.add('wrong-type', `${key} must be a list of hooks, not ${describeLocated(value)}`, value.range, {
      hint: `write '${key}: [{command: [program, argument]}]'`,
    });
    return [];
  }
  if (value.items.length > MAX_HOOKS) {
    problems.add('out-of-range', `${key} has more than ${String(MAX_HOOKS)} hooks`, value.range);
    return [];
  }
  return value.items.flatMap((item, index) => readHook(`${key}[${String(index)}]`, item, scope, problems) ?? []);
}
