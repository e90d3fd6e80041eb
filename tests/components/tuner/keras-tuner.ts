/**
 * What KerasTuner does, as `tests/official/keras_tuner_tables.py` wrote it down.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface KerasTuner {
  readonly schedules: readonly {
    readonly max_epochs: number;
    readonly factor: number;
    readonly hyperband_iterations: number;
    /** Bracket, round, initial epoch, epochs, number of trials; in the order in which KerasTuner starts them. */
    readonly rounds: readonly (readonly [number, number, number, number, number])[];
  }[];
  readonly values: readonly {
    readonly class_name: string;
    readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
    /** A uniform number, and the value that it means. */
    readonly values: readonly (readonly [number, number | string | boolean])[];
  }[];
}

const file = join(dirname(fileURLToPath(import.meta.url)), 'keras-tuner.json');

export const kerasTuner = JSON.parse(readFileSync(file, 'utf8')) as KerasTuner;
