/**
 * Streams every input of the source into the splits it is divided into.
 */
import { resolve } from 'node:path';
import { StepError, type Executor, type Progress } from '../executor.js';
import type { ExamplesInfo } from '../formats/examples/examples-info.js';
import {
  createExamples,
  encodeValues,
  type ExamplesWriter,
  type Features,
} from '../formats/examples/examples-writer.js';
import { openSource } from './sources/open-source.js';
import { partition } from './partition.js';
import { makeQuota, type Quota } from './quota.js';
import type { SourceInput } from './sources/source.js';
import { inputNames, type spec } from './spec.js';
import { planSplits, type PlannedInput } from './split-plan.js';

/** Milliseconds between two reports of progress. */
const REPORT_MS = 200;

/** Counts examples that were read, and reports how it goes. */
function makeMeter(inputs: readonly SourceInput[], progress: (update: Progress) => void): { count(): void } {
  const total = inputs.reduce((sum, { examples }) => sum + (examples ?? NaN), 0);
  const began = performance.now();
  let reported = began;
  let read = 0;
  return {
    count: () => {
      read++;
      const now = performance.now();
      if (now - reported < REPORT_MS) return;
      reported = now;
      const rate = (read / (now - began)) * 1000;
      progress({
        message: Number.isNaN(total) ? `${String(read)} examples` : `${String(read)} of ${String(total)} examples`,
        rate: { value: rate, unit: 'examples' },
        ...(Number.isNaN(total) ? {} : { fraction: read / total, etaSeconds: (total - read) / rate }),
      });
    },
  };
}

function labelOf(features: Features): { readonly name: string; readonly classes: readonly string[] } | undefined {
  for (const [name, feature] of Object.entries(features)) {
    if (feature.kind === 'label') return { name, classes: feature.classes };
  }
  return undefined;
}

/** Reads one input to its end, or until its splits are full. */
async function divide(
  input: SourceInput,
  shares: PlannedInput['shares'],
  features: Features,
  writer: ExamplesWriter,
  quota: Quota,
  onExample: () => void,
): Promise<void> {
  const splitOf = partition(shares);
  const splits = shares.map(([split]) => split);
  const label = labelOf(features)?.name;
  for await (const values of input.read()) {
    onExample();
    const example = encodeValues(features, values);
    const split = splitOf(example);
    const value = label === undefined ? 0 : values[label];
    if (quota.take(split, typeof value === 'number' ? value : 0)) await writer.write(split, example);
    else if (quota.areFull(splits)) return;
  }
}

function checkSplits(info: ExamplesInfo): void {
  for (const [split, { examples }] of Object.entries(info.splits)) {
    if (examples > 0) continue;
    throw new StepError(
      'split-empty',
      `the split '${split}' got no examples`,
      'give more examples, or this split a larger share',
    );
  }
}

export const execute: Executor<typeof spec> = async (context) => {
  const { params, outputs, signal, log } = context;
  const progress = (update: Progress): void => {
    context.progress(update);
  };
  const plan = planSplits(inputNames(params), params.split);
  const source = await openSource(params.source, {
    resolve: (path) => resolve(context.baseDir, path),
    classes: params.classes,
    cacheDir: context.cacheDir,
    tempDir: context.tempDir,
    signal,
    log,
    progress,
  });
  const label = labelOf(source.features);
  const quota = makeQuota(params.limit, label?.classes.length ?? 1);
  const meter = makeMeter(source.inputs, progress);
  const onExample = (): void => {
    signal.throwIfAborted();
    meter.count();
  };
  const writer = await createExamples(outputs.examples.path, source.features, plan.splits);
  let info: ExamplesInfo;
  try {
    for (const { name, shares } of plan.inputs) {
      const input = source.inputs.find((candidate) => candidate.name === name);
      if (input === undefined) throw new Error(`the source did not open the input '${String(name)}'`);
      await divide(input, shares, source.features, writer, quota, onExample);
    }
    info = await writer.finish();
  } finally {
    await writer.close();
  }
  checkSplits(info);
  for (const [split, { examples }] of Object.entries(info.splits)) {
    const missing = quota.missing(split);
    if (missing > 0) {
      log.warn(
        `split '${split}' has ${String(missing)} examples fewer than its limit: there are no more of every class`,
      );
    }
    log.info(`split '${split}': ${String(examples)} examples`);
  }
  if (label !== undefined) log.info(`classes: ${label.classes.slice(0, 50).join(', ')}`);
  outputs.examples.setProperty('span', 0);
  outputs.examples.setProperty('version', 0);
  outputs.examples.setProperty('split_names', JSON.stringify(plan.splits));
  outputs.examples.setProperty(
    'examples',
    Object.values(info.splits).reduce((sum, { examples }) => sum + examples, 0),
  );
};
