/**
 * Reading located values as what they should be; what they are not becomes a diagnostic.
 */
import { closestName } from '../../components/suggestion.js';
import type { Problems } from '../source/problems.js';
import { durationInMs } from './duration.js';
import { describeLocated, type Located, type LocatedEntry, type LocatedMapping, type Placed } from './located.js';

/** "did you mean", or what is known when nothing is close. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const closest = closestName(name, known);
  if (closest !== undefined) return `did you mean '${closest}'?`;
  return known.length === 0 || known.length > 20 ? undefined : `known are: ${known.join(', ')}`;
}

/** The value as a mapping. */
export function asMapping(value: Located, what: string, problems: Problems): LocatedMapping | undefined {
  if (value.kind === 'mapping') return value;
  problems.add('wrong-type', `${what} must be a mapping, not ${describeLocated(value)}`, value.range);
  return undefined;
}

/** The entries of a mapping by key; keys that are not known are reported and left out. */
export function knownEntries(
  mapping: LocatedMapping,
  known: readonly string[],
  what: string,
  problems: Problems,
): ReadonlyMap<string, LocatedEntry> {
  const entries = new Map<string, LocatedEntry>();
  for (const entry of mapping.entries) {
    if (known.includes(entry.key)) entries.set(entry.key, entry);
    else
      problems.add('unknown-key', `${what} has no key '${entry.key}'`, entry.keyRange, {
        hint: suggest(entry.key, known),
      });
  }
  return entries;
}

/** The value as text. */
export function asText(value: Located, what: string, problems: Problems): string | undefined {
  if (value.kind === 'scalar' && typeof value.value === 'string') return value.value;
  problems.add('wrong-type', `${what} must be text, not ${describeLocated(value)}`, value.range);
  return undefined;
}

/** The value as a list of texts; one text alone is a list of one. */
export function asTexts(value: Located, what: string, problems: Problems): readonly Placed<string>[] {
  const items = value.kind === 'list' ? value.items : [value];
  return items.flatMap((item) => {
    const text = asText(item, what, problems);
    return text === undefined ? [] : [{ value: text, range: item.range }];
  });
}

/** The value as true or false. */
export function asBoolean(value: Located, what: string, problems: Problems): boolean | undefined {
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  problems.add('wrong-type', `${what} must be true or false, not ${describeLocated(value)}`, value.range);
  return undefined;
}

/** The value as an integer within bounds. */
export function asInteger(
  value: Located,
  what: string,
  [minimum, maximum]: readonly [number, number],
  problems: Problems,
): number | undefined {
  if (value.kind !== 'scalar' || !Number.isSafeInteger(value.value)) {
    problems.add('wrong-type', `${what} must be an integer, not ${describeLocated(value)}`, value.range);
    return undefined;
  }
  const number = Number(value.value);
  if (number >= minimum && number <= maximum) return number;
  problems.add(
    'out-of-range',
    `${what} must be ${minimum === maximum ? '' : `from ${String(minimum)} to `}${String(maximum)}, not ${String(number)}`,
    value.range,
  );
  return undefined;
}

/** The value as a duration like `30s`, `2h` or `1h30m`, in milliseconds. */
export function asDuration(value: Located, what: string, problems: Problems): number | undefined {
  const text = value.kind === 'scalar' ? String(value.value) : '';
  const milliseconds = durationInMs(text, ['h', 'm', 's', 'ms']);
  if (milliseconds !== undefined && milliseconds < 2 ** 31) return milliseconds;
  problems.add('wrong-type', `${what} must be a duration, not ${describeLocated(value)}`, value.range, {
    hint: "write it with a unit: '30s', '2h', '1h30m'; at most 24 days",
  });
  return undefined;
}

/** Names that mean something to JavaScript objects. */
const RESERVED_NAMES = new Set(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf']);

/** Whether a name can be used for a node, param, input or output; reports it when not. */
export function checkName(name: string, what: string, entry: LocatedEntry, problems: Problems): boolean {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,63}$/u.test(name) && !RESERVED_NAMES.has(name)) return true;
  problems.add('bad-name', `'${name.slice(0, 80)}' cannot be the name of ${what}`, entry.keyRange, {
    hint: 'a name begins with a letter and has at most 64 letters, digits, - and _',
  });
  return false;
}
