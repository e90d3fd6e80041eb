/**
 * How long one waits for commands: help, a plan, and a quick start that is all cached. Prints Markdown.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { machineText } from './rig/machine.js';
import { fastest, measure, type Program } from './rig/measure.js';
import { markdownTable } from './rig/table.js';

const RUNS = 10;

const root = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const head = machineText('npm run bench:startup');
  const program = (...args: readonly string[]): Program => ({
    argv: [process.execPath, resolve('dist/runner/cli/main.cjs'), ...args, '--root', root],
    cwd: process.cwd(),
  });
  const start = program('run', 'fashion-mnist.yaml');
  process.stderr.write('running the quick start once\n');
  await measure(start);
  const rows: string[][] = [];
  for (const [name, what] of [
    ['node -e 0, for comparison', { argv: [process.execPath, '-e', '0'], cwd: process.cwd() }],
    ['pipeline --help', program('--help')],
    ['pipeline plan fashion-mnist.yaml', program('plan', 'fashion-mnist.yaml')],
    ['pipeline run fashion-mnist.yaml, all cached', start],
  ] as const) {
    const found = await fastest(what, RUNS);
    if (found === undefined) continue;
    rows.push([name, `${(found.seconds * 1000).toFixed(0)} ms`, `${String(Math.round(found.peakMemory / 1e6))} MB`]);
  }
  const table = markdownTable(['command', `fastest of ${String(RUNS)}`, 'memory'], rows);
  process.stdout.write(`# Starting up\n\n${head}\n\n${table}\n`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
