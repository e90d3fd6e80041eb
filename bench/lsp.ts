/**
 * How long an editor waits for diagnostics after a keystroke, in a file of 500 nodes: `npm run bench:lsp`. Ends with
 * status 1 when one takes longer than the limit.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageClient } from '../tests/rig/language-client.js';

const NODES = 500;
const KEYSTROKES = 100;
/** Milliseconds. */
const LIMIT = 200;

/** Chains of nodes with nested params, as people write them. */
function largePipeline(): string {
  const nodes = Array.from({ length: NODES / 4 }, (_, index) => {
    const at = String(index);
    return `  examples-${at}:
    component: ExampleGen
    params:
      source: {idx: {images: data/images-${at}.gz, labels: data/labels-${at}.gz}}
      split: {train: 8, eval: 2}
  transform-${at}:
    component: Transform
    inputs: {examples: examples-${at}.examples}
    params: {features: {image: [{scale: {to: [0, 1]}}]}}
  trainer-${at}:
    component: Trainer
    inputs:
      examples: examples-${at}.examples
      transform_graph: transform-${at}.transform_graph
    params:
      epochs: "\${params.epochs}"
      model:
        layers:
          - Conv2D: {filters: 16, kernel_size: 3, activation: relu}
          - MaxPooling2D
          - Flatten
          - Dense: {units: 10, activation: softmax}
  evaluator-${at}:
    component: Evaluator
    inputs: {examples: examples-${at}.examples, model: trainer-${at}.model}
    params: {split: eval, thresholds: {accuracy: {minimum: 0.8}}}
`;
  });
  return `version: 1\nname: large\nparams:\n  epochs: 3\nnodes:\n${nodes.join('')}`;
}

/** Milliseconds of processor time that a process has used, on Linux; the kernel counts in hundredths of a second. */
function processorTime(pid: number): number | undefined {
  const path = `/proc/${String(pid)}/stat`;
  if (!existsSync(path)) return undefined;
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /su, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const folder = mkdtempSync(join(tmpdir(), 'lsp-bench-'));
const client = await LanguageClient.start(folder);
const text = largePipeline();
const started = performance.now();
const uri = await client.open(join(folder, 'large.yaml'), text);
const first = await client.diagnostics();
const opening = performance.now() - started;
if (first.length > 0) throw new Error(`the pipeline is wrong: ${first[0]?.message ?? ''}`);

const line = text.split('\n').indexOf(`  trainer-${String(NODES / 8)}:`) + 6;
const times: number[] = [];
const usedBefore = processorTime(client.pid);
for (let key = 0; key < KEYSTROKES; key++) {
  // Typed at the end of the value of `epochs`, and taken away again: wrong, right, wrong, …
  const end = text.split('\n')[line]?.length ?? 0;
  const typed = key % 2 === 0;
  const range = { start: { line, character: end }, end: { line, character: typed ? end : end + 1 } };
  const before = performance.now();
  await client.change(uri, typed ? 'x' : '', range);
  const found = await client.diagnostics();
  times.push(performance.now() - before);
  if ((found.length === 0) === typed) throw new Error('these are not the diagnostics of the latest text');
}
const used = processorTime(client.pid);
await client.stop();
rmSync(folder, { recursive: true });

const sorted = times.toSorted((a, b) => a - b);
const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const shown = (milliseconds: number): string => `${milliseconds.toFixed(0)} ms`;
console.log(`${String(NODES)} nodes, ${String(text.length)} characters, ${String(KEYSTROKES)} keystrokes`);
console.log(`opened: ${shown(opening)}`);
console.log(`first keystroke: ${shown(times[0] ?? 0)}`);
console.log(`median: ${shown(at(0.5))}, 95 %: ${shown(at(0.95))}, longest: ${shown(at(1))}; limit ${shown(LIMIT)}`);
if (used !== undefined && usedBefore !== undefined) {
  console.log(`processor time a keystroke: ${shown((used - usedBefore) / KEYSTROKES)}`);
}
process.exitCode = at(1) < LIMIT ? 0 : 1;
