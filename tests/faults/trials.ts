/**
 * Many trials, two at a time, and their table: operations × faults × survived.
 */
import { join } from 'node:path';
import { mkdirSync, rmSync } from 'node:fs';
import { FAULTS, tryFault, type Fault, type Reference, type Trial } from './trial.js';

/** A fault at the k-th change. */
export interface Point {
  readonly fault: Fault;
  readonly at: number;
}

/** A point with how it went. */
export type Tried = Point & Trial;

const AT_ONCE = 2;

/** Tries points, each in a folder of its own below `folder`. */
export async function tryAll(
  folder: string,
  points: readonly Point[],
  reference: Reference,
): Promise<readonly Tried[]> {
  const tried: Tried[] = [];
  const rest = points[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { fault, at } = next.value;
      const place = join(folder, `${fault}-${String(at)}`);
      mkdirSync(place);
      const trial = await tryFault(place, fault, at, reference);
      tried.push({ fault, at, ...trial });
      if (trial.problems.length === 0) rmSync(place, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tried;
}

/** One line for every trial that did not hold. */
export function failures(tried: readonly Tried[]): readonly string[] {
  return tried
    .filter(({ problems }) => problems.length > 0)
    .map(
      ({ fault, at, change, problems }) => `${fault} at ${String(at)} (${change ?? 'none'}): ${problems.join('; ')}`,
    );
}

/** How many of the trials were survived, by change and fault. */
export function faultTable(tried: readonly Tried[]): string {
  const changes = [...new Set(tried.flatMap(({ change }) => change ?? []))].sort();
  const cell = (of: readonly Tried[]): string =>
    `${String(of.filter(({ problems }) => problems.length === 0).length)}/${String(of.length)}`;
  const row = (name: string, of: readonly Tried[]): string =>
    [
      name.padEnd(12),
      ...[...FAULTS.map((fault) => of.filter((it) => it.fault === fault)), of].map((part) => cell(part).padStart(9)),
    ].join('');
  return [
    ['survived'.padEnd(12), ...[...FAULTS, 'all'].map((name) => name.padStart(9))].join(''),
    ...changes.map((change) =>
      row(
        change,
        tried.filter((it) => it.change === change),
      ),
    ),
    row(
      'all',
      tried.filter(({ change }) => change !== undefined),
    ),
  ].join('\n');
}
