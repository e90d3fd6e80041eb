/**
 * What the declarations of commands have in common: how a command is started, and how operands are read.
 */
import { InvalidArgumentError } from 'commander';
import type { Command } from '../command.js';

/** Loads a command and runs it. */
export type Start = <A>(load: () => Promise<{ readonly command: Command<A> }>, args: A) => Promise<void>;

/** Reads a whole number of at least 1. */
export function count(value: string): number {
  if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Reads a whole number of at least 0. */
export function countFromZero(value: string): number {
  return value === '0' ? 0 : count(value);
}
