/**
 * What the declarations of commands have in common: how a command is started, and how operands are read.
 */
import { InvalidArgumentError } from 'commander';
import type { Command } from './command.js';

/** Loads a command and runs it. */
export type Start = <A>(load: () => Promise<{ readonly command: Command<A> }>, args: A) => Promise<void>;

/** Reads a whole number of at least 1. */
export function count(value: string): number {
  if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}
