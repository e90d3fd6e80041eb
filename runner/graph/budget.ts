/**
 * What a machine has for the nodes that run at the same time, and which nodes ask for more than that.
 */
import { availableParallelism, totalmem } from 'node:os';
import { RESOURCE_KINDS, type Demand } from '../config/demand.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';
import type { SelectedGraph } from './select-nodes.js';

/** Memory that this process may fill: that of the machine, or less where its container has a limit. */
function machineMemory(): number {
  // Node 20 answers undefined or 0 where there is no limit, newer ones a number beyond the machine's.
  const limit = (process.constrainedMemory() as number | undefined) ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * The budget of this machine: its cores, its memory, no GPU.
 *
 * @param given - wins over what the machine has
 * @param jobs - how many steps are wanted at the same time; as many cores are counted where nothing is said of them
 */
export function machineBudget(given: Partial<Demand>, jobs: number | undefined): Demand {
  return { cpu: Math.max(availableParallelism(), jobs ?? 0), memory: machineMemory(), gpu: 0, ...given };
}

/** A budget as `--resources` takes it. */
export function budgetText({ cpu, memory, gpu }: Demand): string {
  return `cpu=${String(cpu)},memory=${String(Math.floor(memory / 1e6))}MB,gpu=${String(gpu)}`;
}

/** An error for every node that could never start, since it asks for more than the whole budget. */
export function overBudget({ graph, fromCache }: SelectedGraph, budget: Demand): readonly Diagnostic[] {
  const problems = new Problems();
  for (const { name, group, demand, places } of graph.nodes) {
    if (fromCache.has(name)) continue;
    for (const kind of RESOURCE_KINDS) {
      if (demand[kind] <= budget[kind]) continue;
      const message = `the node '${group ?? name}' takes more ${kind} than there is`;
      problems.add('out-of-range', message, places.demand(kind), {
        hint: `the budget is ${budgetText(budget)}; --resources changes it`,
      });
    }
  }
  return problems.sorted();
}
