/**
 * `resources:`: what a node takes of the machine while it runs. It is a budget to schedule by, not a limit that is put on
 * its process.
 */
import type { Problems } from '../source/problems.js';
import type { SourceRange } from '../source/source-file.js';
import { asInteger, asMapping, knownEntries } from './fields.js';
import { describeLocated, type Located } from './located.js';
import { sizeInBytes } from './size.js';

/** Amounts of what a machine has. */
export interface Demand {
  /** Cores, in thousandths at the finest. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  readonly gpu: number;
}

/** A kind of resource. */
export type ResourceKind = keyof Demand;

/** All kinds, in the order in which they are told. */
export const RESOURCE_KINDS: readonly ResourceKind[] = ['cpu', 'memory', 'gpu'];

/** What a node takes that says nothing of it. */
export const DEFAULT_DEMAND: Demand = { cpu: 1, memory: 0, gpu: 0 };

/** Most of each kind that can be asked for. */
const MOST: Demand = { cpu: 10_000, memory: Number.MAX_SAFE_INTEGER, gpu: 10_000 };

/** A demand, with the places of what the file says of it. */
export interface PlacedDemand {
  readonly amounts: Demand;
  readonly places: Readonly<Partial<Record<ResourceKind, SourceRange>>>;
}

/** Whether a number can be an amount of cores. */
export function isCpuAmount(value: number): boolean {
  return value >= 0 && value <= MOST.cpu && Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6;
}

function readCpu(value: Located, problems: Problems): number | undefined {
  const number = value.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined;
  if (number === undefined) {
    problems.add('wrong-type', `resources.cpu must be a number, not ${describeLocated(value)}`, value.range);
  } else if (isCpuAmount(number)) return number;
  else {
    const bounds = `from 0 to ${String(MOST.cpu)}, in thousandths at the finest`;
    problems.add('out-of-range', `resources.cpu must be ${bounds}, not ${String(number)}`, value.range);
  }
  return undefined;
}

function readMemory(value: Located, problems: Problems): number | undefined {
  const bytes = value.kind === 'scalar' && typeof value.value === 'string' ? sizeInBytes(value.value) : undefined;
  if (bytes !== undefined) return bytes;
  problems.add('wrong-type', `resources.memory must be a size, not ${describeLocated(value)}`, value.range, {
    hint: "write it with its unit: '500MB', '8GB', '1.5GiB'",
  });
  return undefined;
}

/**
 * Reads `resources`.
 *
 * @param base - stands for what it does not say
 */
export function readDemand(value: Located, base: PlacedDemand, problems: Problems): PlacedDemand {
  const mapping = asMapping(value, 'resources', problems);
  if (mapping === undefined) return base;
  const keys = knownEntries(mapping, RESOURCE_KINDS, 'resources', problems);
  const amounts = { ...base.amounts };
  const places = { ...base.places };
  for (const [kind, entry] of keys) {
    const read = {
      cpu: () => readCpu(entry.value, problems),
      memory: () => readMemory(entry.value, problems),
      gpu: () => asInteger(entry.value, 'resources.gpu', [0, MOST.gpu], problems),
    }[kind as ResourceKind]();
    if (read !== undefined) amounts[kind as ResourceKind] = read;
    places[kind as ResourceKind] = entry.value.range;
  }
  return { amounts, places };
}
