/**
 * Numbers as people read them: durations, sizes, metrics, moments. The same on every machine, whatever its language.
 */

/** A duration: `45ms`, `3.2s`, `1m 05s`, `2h 03m`, `1d 04h`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 999.5) return `${String(Math.round(ms))}ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${String(seconds)}s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))}m ${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${String(Math.floor(minutes / 60))}h ${two(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${String(Math.floor(hours / 24))}d ${two(hours % 24)}h`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A size in bytes, in powers of 1000: `512 B`, `3.1 MB`, `170 MB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? String(Math.round(value)) : value.toFixed(1)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A metric in six significant digits, without trailing zeros. */
export function metricText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A rate: `278 images/s`, `3.4 images/s`. */
export function rateText({ value, unit }: { readonly value: number; readonly unit: string }): string {
  return `${value >= 99.5 ? String(Math.round(value)) : value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} ${unit}/s`;
}

/** A moment in UTC, to the second: `2026-03-01 12:00:05Z`. */
export function moment(milliseconds: number): string {
  const iso = new Date(milliseconds).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}

/** A count with its noun: `1 node`, `7 nodes`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${String(count)} ${count === 1 ? noun : plural}`;
}

/** The part of a digest that people read and type. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
