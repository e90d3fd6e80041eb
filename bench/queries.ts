/**
 * How long one waits for an answer about the past: a store with 1,000 runs of 20 nodes, and every command that reads it.
 * The runs are real ones, of small steps in this process; half of the steps of each are cached. Prints Markdown.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type * as library from '../index.js';
import { machineText } from './rig/machine.js';
import { fastest, type Program } from './rig/measure.js';
import { markdownTable } from './rig/table.js';

const NODES = 20;
const TIMES = 3;
/** Nodes of the pipeline that is planned. */
const PLANNED = 1000;

const COMPONENT = `import { writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, input, output, param, type Executor } from 'tfjs-pipelines';

const File = artifactTypes.get('File')!;

export const spec = defineSpec({
  name: 'Write',
  doc: 'Writes a text, and measures its length.',
  inputs: { previous: input(File, { optional: true }) },
  outputs: { out: output(File) },
  params: { text: param.string({ doc: 'what is written' }) },
});

export const execute: Executor<typeof spec> = async ({ outputs, params, metric }) => {
  writeFileSync(outputs.out.path + '/out.txt', params.text);
  metric('length', params.text.length);
};
`;

function pipelineFile(nodes: number): string {
  const text = (i: number): string => (i < nodes / 2 ? `x${String(i)}` : `\${params.value} ${String(i)}`);
  const node = (i: number): string =>
    [
      `  t${String(i)}:`,
      ...(i === 0 ? [] : [`    inputs: {previous: t${String(i % 7 === 0 ? Math.floor(i / 2) : i - 1)}.out}`]),
      '    component: ./write.ts',
      `    params: {text: "${text(i)}"}`,
    ].join('\n');
  const all = Array.from({ length: nodes }, (_, i) => node(i));
  return `version: 1\nname: bench\nparams: {value: "0"}\nnodes:\n${all.join('\n')}\n`;
}

/** What the built package exports, of which this needs two functions. */
type Library = Pick<typeof library, 'loadPipeline' | 'run'>;

async function fill(folder: string, runs: number): Promise<void> {
  const { loadPipeline, run } = (await import(pathToFileURL(resolve('dist/index.js')).href)) as Library;
  for (let i = 1; i <= runs; i++) {
    const pipeline = await loadPipeline(join(folder, 'pipeline.yaml'), { set: { value: String(i) } });
    let outcome = '';
    for await (const event of run(pipeline, { root: join(folder, '.pipeline') })) {
      if (event.type === 'run-ended') ({ outcome } = event);
    }
    if (outcome !== 'complete') throw new Error(`run ${String(i)} is ${outcome}`);
    if (i % 100 === 0) process.stderr.write(`${String(i)} runs\n`);
  }
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' } } });
const runs = Number(values.runs);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const head = machineText('npm run bench:queries');
  writeFileSync(join(folder, 'write.ts'), COMPONENT);
  writeFileSync(join(folder, 'pipeline.yaml'), pipelineFile(NODES));
  await fill(folder, runs);
  const planned = join(folder, 'planned');
  mkdirSync(planned);
  writeFileSync(join(planned, 'write.ts'), COMPONENT);
  writeFileSync(join(planned, 'pipeline.yaml'), pipelineFile(PLANNED));
  const program = (line: string, cwd = folder): Program => ({
    argv: [process.execPath, resolve('dist/runner/cli/main.cjs'), ...line.split(' ')],
    cwd,
  });
  const middle = String(Math.ceil(runs / 2));
  const lines = [
    'runs',
    'runs --where metrics.length>6 --sort -metrics.length',
    `show ${middle}`,
    `logs ${middle} t19`,
    'metrics length',
    `explain t19 --run ${middle}`,
    `explain t19 --run ${middle} --vs 1`,
    `diff ${middle} ${String(runs)}`,
    'lineage t19.out',
    'lineage t0.out',
    'artifacts',
    `report ${middle} --output report.html`,
    'gc --keep-last 10 --dry-run',
    'plan pipeline.yaml',
  ];
  const rows: string[][] = [];
  for (const [name, what] of [
    ...lines.map((line) => [`pipeline ${line}`, program(line)] as const),
    [`pipeline plan, ${String(PLANNED)} nodes`, program('plan pipeline.yaml --root store', planned)] as const,
  ]) {
    const found = await fastest(what, TIMES);
    if (found === undefined) continue;
    rows.push([name, `${(found.seconds * 1000).toFixed(0)} ms`, `${String(Math.round(found.peakMemory / 1e6))} MB`]);
  }
  const table = markdownTable(['command', `fastest of ${String(TIMES)}`, 'memory'], rows);
  const store = `A store with ${String(runs)} runs of ${String(NODES)} nodes; half of the nodes of each run are cached.`;
  process.stdout.write(`# Questions about the past\n\n${head}\n\n${store}\n\n${table}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
