/**
 * Amounts with a unit, as they are typed: `30d`, `1h30m`, `10GB`.
 */
import { InvalidArgumentError } from 'commander';

/** An amount, and how it was typed. */
export interface Amount {
  readonly text: string;
  readonly value: number;
}

const DURATIONS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const SIZES: Readonly<Record<string, number>> = {
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

/** Reads a duration; in milliseconds. @throws InvalidArgumentError */
export function durationAmount(text: string): Amount {
  const parts = [...text.matchAll(/(\d{1,6})([smhdw])/gu)];
  const value = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (DURATIONS[unit ?? ''] ?? 0), 0);
  if (parts.map(([part]) => part).join('') === text && value > 0) return { text, value };
  throw new InvalidArgumentError("It must be a duration with its unit: '30d', '12h', '1w'.");
}

/** Reads a size; in bytes. @throws InvalidArgumentError */
export function sizeAmount(text: string): Amount {
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([kKMGT]i?B|B)$/u.exec(text) ?? [];
  const value = Math.round(Number(count) * (SIZES[unit] ?? Number.NaN));
  if (count !== '' && Number.isSafeInteger(value)) return { text: text.replace(' ', ''), value };
  throw new InvalidArgumentError("It must be a size with its unit: '500MB', '10GB', '1.5TB'.");
}
