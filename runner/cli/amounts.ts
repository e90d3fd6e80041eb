/**
 * Amounts with a unit, as they are typed: `30d`, `1h30m`, `10GB`.
 */
import { InvalidArgumentError } from 'commander';
import { RESOURCE_KINDS, type Demand, type ResourceKind } from '../config/demand.js';
import { durationInMs } from '../config/duration.js';
import { sizeInBytes } from '../config/size.js';

/** An amount, and how it was typed. */
export interface Amount {
  readonly text: string;
  readonly value: number;
}

/** Reads a duration; in milliseconds. @throws InvalidArgumentError */
export function durationAmount(text: string): Amount {
  const value = durationInMs(text, ['w', 'd', 'h', 'm', 's']);
  if (value !== undefined) return { text, value };
  throw new InvalidArgumentError("It must be a duration with its unit: '30d', '12h', '1w'.");
}

/** Reads a size; in bytes. @throws InvalidArgumentError */
export function sizeAmount(text: string): Amount {
  const value = sizeInBytes(text);
  if (value !== undefined) return { text: text.replace(' ', ''), value };
  throw new InvalidArgumentError("It must be a size with its unit: '500MB', '10GB', '1.5TB'.");
}

const PART = "Write it as 'cpu=4,memory=8GB,gpu=1'; what is left out is that of the machine.";

/** Reads what is to be taken for the machine's resources. @throws InvalidArgumentError */
export function budgetAmounts(text: string): Partial<Demand> {
  const amounts: Partial<Record<ResourceKind, number>> = {};
  for (const part of text.split(',')) {
    const [, name = '', amount = ''] = /^\s*(\w+)\s*=\s*([\w.]+)\s*$/u.exec(part) ?? [];
    const kind = RESOURCE_KINDS.find((known) => known === name);
    const number = /^\d{1,5}(?:\.\d{1,3})?$/u.test(amount) ? Number(amount) : undefined;
    const value = kind === 'memory' ? sizeInBytes(amount) : number;
    const isWhole = kind !== 'gpu' || Number.isInteger(value);
    if (kind === undefined || value === undefined || !isWhole || kind in amounts) throw new InvalidArgumentError(PART);
    amounts[kind] = value;
  }
  return amounts;
}
