/**
 * What it costs to run many small tasks, and to find them done: this project beside others, in one call on one machine.
 * Prints Markdown; tells on the error output how far it is.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growthExponent } from './rig/growth.js';
import { machineText } from './rig/machine.js';
import { fastest, measure, type Measure } from './rig/measure.js';
import { markdownTable } from './rig/table.js';
import { nx } from './tools/nx.js';
import { commands, inProcess, instances } from './tools/pipeline.js';
import { snakemake } from './tools/snakemake.js';
import type { Tool } from './tools/tool.js';
import { turborepo } from './tools/turborepo.js';
import { wireit } from './tools/wireit.js';

const TOOLS = [commands, inProcess, instances, turborepo, wireit, nx, snakemake];

/** Cached runs of which the fastest counts. */
const CACHED_RUNS = 9;

/** Sizes from which on growth is looked at: below, starting up is all there is to see. */
const GROWTH_FROM = 100;

/** Figures of one tool at one size; undefined where it took too long. */
interface Figures {
  readonly tool: string;
  readonly tasks: number;
  readonly cold: Measure | undefined;
  readonly cached: Measure | undefined;
  /** All cached, but the file has to be read again; undefined for tools of which that is not asked. */
  readonly reworded: Measure | undefined;
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,1000,10000' },
    tools: { type: 'string', default: TOOLS.map(({ name }) => name).join(';') },
  },
});
const sizes = values.sizes.split(',').map(Number);
const tools = TOOLS.filter(({ name }) => values.tools.split(';').includes(name));

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function figuresOf(tool: Tool, tasks: number, home: string, work: string): Promise<Figures> {
  const folder = join(work, `${String(TOOLS.indexOf(tool))}-${String(tasks)}`);
  mkdirSync(folder);
  tool.write(folder, tasks, home);
  const program = tool.program(folder, home);
  const cold = await measure(program);
  const cached = cold && (await fastest(program, CACHED_RUNS));
  tool.reword?.(folder);
  const reworded = tool.reword && cold && (await measure(program));
  say(`${tool.name}, ${String(tasks)}: cold ${secondsText(cold)}, cached ${secondsText(cached)}`);
  rmSync(folder, { recursive: true, force: true });
  return { tool: tool.name, tasks, cold, cached, reworded };
}

function secondsText(found: Measure | undefined): string {
  if (found === undefined) return 'too long';
  const { seconds } = found;
  return `${seconds.toFixed(seconds < 1 ? 3 : seconds < 10 ? 2 : 0)} s`;
}

function ratioText(found: Measure | undefined, ours: Measure | undefined): string {
  if (found === undefined || ours === undefined) return '';
  return `${(found.seconds / ours.seconds).toFixed(1)} ×`;
}

function figuresTable(figures: readonly Figures[]): string {
  const rows = figures.map(({ tool, tasks, cold, cached, reworded }) => {
    const ours = figures.find((other) => other.tool === commands.name && other.tasks === tasks);
    const perTask = cold === undefined ? '' : `${((cold.seconds * 1000) / tasks).toFixed(1)} ms`;
    return [
      String(tasks),
      tool,
      secondsText(cached),
      ratioText(cached, ours?.cached),
      cached === undefined ? '' : `${String(Math.round(cached.peakMemory / 1e6))} MB`,
      reworded === undefined ? '' : secondsText(reworded),
      reworded === undefined ? '' : `${String(Math.round(reworded.peakMemory / 1e6))} MB`,
      secondsText(cold),
      ratioText(cold, ours?.cold),
      perTask,
      cold === undefined ? '' : `${String(Math.round(cold.peakMemory / 1e6))} MB`,
    ];
  });
  return markdownTable(
    ['tasks', 'tool', 'all cached', 'to ours', 'memory', 'read again', 'memory', 'cold', 'to ours', 'a task', 'memory'],
    rows,
  );
}

function growthTable(figures: readonly Figures[]): string {
  const exponent = (tool: string, pick: (found: Figures) => Measure | undefined): string => {
    const points = figures
      .filter((found) => found.tool === tool && found.tasks >= GROWTH_FROM)
      .flatMap((found) => {
        const seconds = pick(found)?.seconds;
        return seconds === undefined ? [] : [[found.tasks, seconds] as const];
      });
    return growthExponent(points)?.toFixed(2) ?? '';
  };
  return markdownTable(
    ['tool', 'all cached', 'cold'],
    tools.map(({ name }) => [name, exponent(name, ({ cached }) => cached), exponent(name, ({ cold }) => cold)]),
  );
}

const work = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const head = machineText('npm run bench:orchestration');
  const homes = new Map<Tool, string>();
  const versions: string[] = [];
  for (const tool of tools) {
    const home = join(work, `home-${String(TOOLS.indexOf(tool))}`);
    mkdirSync(home);
    versions.push(`${tool.name} (${await tool.install(home)})`);
    homes.set(tool, home);
  }
  say(versions.join(', '));
  const figures: Figures[] = [];
  for (const tasks of sizes) {
    for (const [tool, home] of homes) {
      if (tasks <= tool.most) figures.push(await figuresOf(tool, tasks, home, work));
    }
  }
  process.stdout.write(
    [
      '# Many small tasks',
      head,
      `Tools: ${versions.join(', ')}. All cached: the whole process, the fastest of ${String(CACHED_RUNS)} runs. Read again: all cached, after a comment was added to the file; once. Cold: once. Memory: the largest resident set of one process.`,
      figuresTable(figures),
      'Growth from 100 tasks on, as the exponent of time over the number of tasks (1 is linear):',
      growthTable(figures),
    ].join('\n\n') + '\n',
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
