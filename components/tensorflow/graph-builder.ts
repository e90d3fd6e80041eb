/**
 * An inference graph in the making: names that differ, and what cannot be written.
 */
import { StepError } from '../executor.js';
import type { GraphOperation, GraphStep, GraphTensor } from '../formats/inference-graph.js';

/** @param what - that cannot be exported: `layer dense_1` */
export function unsupported(what: string): StepError {
  return new StepError(
    'unsupported-layer',
    `${what} cannot be exported`,
    'train with other layers to export the model; see the README of Trainer',
  );
}

/** Steps in the making. */
export interface GraphBuilder {
  readonly steps: GraphStep[];
  /** Adds a step. @param name - wanted for its output; where it is taken, a number is added */
  readonly append: (
    operation: GraphOperation,
    inputs: readonly GraphTensor[],
    name: string,
    shape: readonly number[],
  ) => GraphTensor;
}

/** Begins a graph. */
export function graphBuilder(inputs: readonly GraphTensor[]): GraphBuilder {
  const taken = new Set(inputs.map(({ name }) => name));
  const steps: GraphStep[] = [];
  return {
    steps,
    append: (operation, from, wanted, shape) => {
      let name = wanted;
      for (let count = 1; taken.has(name); count++) name = `${wanted}_${String(count)}`;
      taken.add(name);
      const output: GraphTensor = { name, dtype: 'float32', shape };
      steps.push({ operation, inputs: from, output });
      return output;
    },
  };
}
