/**
 * Google's ml_metadata opens the metadata file, finds in it what we find, and writes to it without harm.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const python = process.env['OFFICIAL_PYTHON'] ?? '';
const script = join(dirname(fileURLToPath(import.meta.url)), 'check_metadata.py');

interface Seen {
  readonly types: Readonly<Record<string, readonly string[]>>;
  readonly artifacts: readonly {
    readonly id: number;
    readonly type: string;
    readonly uri: string;
    readonly state: string;
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
  readonly executions: readonly { readonly id: number; readonly type: string; readonly state: string }[];
  readonly events: readonly (readonly [string, number, number, string, number])[];
  readonly contexts: readonly {
    readonly type: string;
    readonly name: string;
    readonly executions: number;
    readonly artifacts: number;
    readonly parents: readonly string[];
  }[];
  readonly lineage: Readonly<Record<string, readonly number[]>>;
}

function official(action: 'read' | 'write', file: string): unknown {
  return JSON.parse(execFileSync(python, [script, action, file], { encoding: 'utf8' }));
}

const PIPELINE = `version: 1
name: points
nodes:
  examples:
    component: ExampleGen
    params: { source: { csv: { path: points.csv, label: place } }, split: { train: 4, eval: 1 } }
  trainer:
    component: Trainer
    inputs: { examples: examples.examples }
    params: { epochs: 1, model: { layers: [{ Dense: { units: 2, activation: softmax } }] } }
  broken:
    component: Command
    inputs: { examples: examples.examples }
    outputs: { report: File }
    params: { argv: ["${process.execPath}", -e, "process.exit(1)"] }
`;

test('ml_metadata sees the runs, the artifacts and their lineage, and may write', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    console.log('skipped: OFFICIAL_PYTHON names no Python with ml_metadata');
    return;
  }
  const folder = temporaryFolder();
  const rows = Array.from({ length: 50 }, (_, index) => `${String(index)},${index % 3 === 0 ? 'a' : 'b'}`);
  writeFileSync(join(folder, 'points.csv'), ['x,place', ...rows].join('\n'));
  writeFileSync(join(folder, 'p.yaml'), PIPELINE);
  for (let run = 0; run < 2; run++) expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(1);

  const metadata = join(folder, '.pipeline', 'metadata.db');
  const seen = official('read', metadata) as Seen;
  expect(seen.types).toMatchObject({
    Examples: ['examples', 'span', 'split_names', 'version'],
    Model: ['backend', 'parameters'],
    ModelRun: ['epochs'],
  });
  const states = ({ executions }: Seen): readonly string[] =>
    executions.map(({ type, state }) => `${type} ${state}`).sort();
  // What was cached the second time, both runs have in common.
  const common = ['Command FAILED', 'Command FAILED', 'ExampleGen COMPLETE', 'Trainer COMPLETE'];
  expect(states(seen)).toEqual(common);
  const byType = Object.fromEntries(seen.artifacts.map((artifact) => [artifact.type, artifact]));
  expect(Object.keys(byType).sort()).toEqual(['Examples', 'Model', 'ModelRun']);
  expect(seen.artifacts.every(({ state }) => state === 'LIVE')).toBe(true);
  expect(byType['Examples']?.properties).toMatchObject({ examples: 50 });
  expect(byType['Model']?.uri).toMatch(/^artifacts\/[0-9a-f]{64}$/u);

  const [examples, model] = [byType['Examples']?.id ?? 0, byType['Model']?.id ?? 0];
  expect(seen.lineage[model]).toEqual([examples, model].sort((a, b) => a - b));
  const trainers = seen.executions.filter(({ type }) => type === 'Trainer').map(({ id }) => id);
  for (const trainer of trainers) {
    expect(seen.events).toContainEqual(['INPUT', trainer, examples, 'examples', 0]);
    expect(seen.events).toContainEqual(['OUTPUT', trainer, model, 'model', 0]);
  }
  const contexts = seen.contexts.map(({ type, executions, parents }) => [type, executions, parents]);
  expect(contexts).toContainEqual(['pipeline', 4, []]);
  expect(contexts.filter(([type]) => type === 'pipeline_run')).toEqual([
    ['pipeline_run', 3, ['pipeline']],
    ['pipeline_run', 3, ['pipeline']],
  ]);

  // A run that repeats another has its executions and its artifacts.
  writeFileSync(
    join(folder, 'q.yaml'),
    PIPELINE.replace('name: points', 'name: repeated').replace(/  broken:[^]*/u, ''),
  );
  for (let run = 0; run < 3; run++) expect((await pipeline(folder, ['run', 'q.yaml'])).status).toBe(0);
  // Those that were noted beside the metadata are on record once a command has opened them.
  expect((await pipeline(folder, ['runs'])).status).toBe(0);
  const again = official('read', metadata) as Seen;
  const repeated = again.contexts.filter(({ name }) => name.startsWith('repeated.') && /\d$/u.test(name));
  expect(repeated.map(({ executions, artifacts, parents }) => [executions, artifacts, parents])).toEqual(
    Array.from({ length: 3 }, () => [2, 3, ['pipeline']]),
  );
  expect(states(again)).toEqual([...common, 'ExampleGen CACHED', 'Trainer CACHED'].sort());

  // What another program records does no harm: everything is cached as before.
  const copy = join(folder, 'copy');
  cpSync(join(folder, '.pipeline'), join(copy, '.pipeline'), { recursive: true, preserveTimestamps: true });
  for (const file of ['p.yaml', 'points.csv']) copyFileSync(join(folder, file), join(copy, file));
  expect(official('write', join(copy, '.pipeline', 'metadata.db'))).toHaveLength(1);
  const { stdout } = await pipeline(copy, ['run', 'p.yaml']);
  expect(stdout).toContain('2 cached');
  expect((await pipeline(copy, ['artifacts'])).status).toBe(0);
}, 120_000);
