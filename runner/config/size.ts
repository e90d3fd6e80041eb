/**
 * Sizes with their unit, as they are typed: `500MB`, `1.5TB`, `8GiB`.
 */

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A size in bytes; undefined when it is none. */
export function sizeInBytes(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([kKMGT]i?B|B)$/u.exec(text) ?? [];
  const value = Math.round(Number(count) * (UNITS[unit] ?? Number.NaN));
  return count !== '' && Number.isSafeInteger(value) ? value : undefined;
}
