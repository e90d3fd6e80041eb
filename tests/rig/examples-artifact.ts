/**
 * Makes Examples artifacts for tests.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { InputArtifact } from '../../components/executor.js';
import { createExamples, encodeValues, type ExampleValues } from '../../components/formats/examples/examples-writer.js';
import type { FeatureSpec } from '../../components/formats/examples/examples-info.js';

/** Writes examples by split into a folder below `folder`, and gives the artifact as a step sees it. */
export async function examplesArtifact(
  folder: string,
  features: Readonly<Record<string, FeatureSpec>>,
  splits: Readonly<Record<string, readonly ExampleValues[]>>,
  name = 'examples',
): Promise<InputArtifact> {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  const writer = await createExamples(path, features, Object.keys(splits));
  for (const [split, rows] of Object.entries(splits)) {
    for (const row of rows) await writer.write(split, encodeValues(features, row));
  }
  await writer.finish();
  return { type: 'Examples', digest: 'e'.repeat(64), path, properties: {} };
}
