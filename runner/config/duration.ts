/**
 * Durations with their units, as they are typed: `30s`, `2h`, `1h30m`.
 */

/** From the longest to the shortest, in milliseconds. */
const UNITS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** A unit of time. */
export type DurationUnit = keyof typeof UNITS;

/** A duration in milliseconds; undefined when it is none, or is written in other units than these. */
export function durationInMs(text: string, units: readonly DurationUnit[]): number | undefined {
  const parts = [...text.matchAll(/(\d{1,6})(ms|[smhdw])/gu)];
  if (parts.map(([part]) => part).join('') !== text) return undefined;
  let sum = 0;
  for (const [, count, unit] of parts) {
    const known = units.find((each) => each === unit);
    if (known === undefined) return undefined;
    sum += Number(count) * UNITS[known];
  }
  return sum > 0 ? sum : undefined;
}

/** The same text for the same duration, however it was typed: `90s` and `1m30s` are `1m30s`, `2000ms` is `2s`. */
export function durationText(milliseconds: number): string {
  let left = milliseconds;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / UNITS[unit]);
    left -= count * UNITS[unit];
    if (count > 0) text += `${String(count)}${unit}`;
  }
  return text === '' ? '0s' : text;
}
