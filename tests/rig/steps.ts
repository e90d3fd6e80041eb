/**
 * Pipelines of small programs that count their executions outside the store, so that "was not executed" can be proved.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, pipeline, type CommandResult } from './cli.js';

/** Keys of a node beside its component, outputs and params. */
export type NodeKeys = Readonly<Record<string, unknown>>;

/**
 * A step that writes `text`, and after it what its inputs hold, into its output `report`.
 *
 * @returns the node as JSON, which is YAML
 */
export function step(
  name: string,
  text: string,
  inputs: Readonly<Record<string, string | readonly string[]>> = {},
  more: NodeKeys = {},
): string {
  // In the shell: it starts in a tenth of the time that Node takes.
  const script = [
    `printf x >> '${name}.count'`,
    `report=$1; shift; text='${text.replaceAll("'", String.raw`'\''`)}'`,
    '{ printf %s "$text"; plus=; for folder; do printf %s "$plus"; cat "$folder/data"; plus=+; done; } > "$report/data"',
  ].join('; ');
  const folders = Object.keys(inputs).map((port) => `\${inputs.${port}}`);
  const argv = ['sh', '-ec', script, 'sh', '${outputs.report}', ...folders];
  return JSON.stringify({ component: 'Command', inputs, outputs: { report: 'File' }, params: { argv }, ...more });
}

/** A step that runs a script, which finds the folders of its output `report` and of its inputs in `process.argv`. */
export function scriptStep(
  script: string,
  inputs: Readonly<Record<string, string | readonly string[]>> = {},
  more: NodeKeys = {},
): string {
  const folders = Object.keys(inputs).map((port) => `\${inputs.${port}}`);
  const argv = [process.execPath, '-e', script, '${outputs.report}', ...folders];
  return JSON.stringify({ component: 'Command', inputs, outputs: { report: 'File' }, params: { argv }, ...more });
}

/** A step that ends with status 3. */
export const failingStep = JSON.stringify({
  component: 'Command',
  outputs: { report: 'File' },
  params: { argv: ['sh', '-c', 'exit 3'] },
});

/** How often a step of {@link step} was executed. */
export function executed(folder: string, name: string): number {
  const path = join(folder, `${name}.count`);
  return existsSync(path) ? readFileSync(path, 'utf8').length : 0;
}

/** Writes `p.yaml`. */
export function writePipeline(
  folder: string,
  nodes: Readonly<Record<string, string>>,
  name = 'demo',
  top: readonly string[] = [],
): void {
  const lines = Object.entries(nodes).map(([node, text]) => `  ${node}: ${text}`);
  writeFileSync(join(folder, 'p.yaml'), ['version: 1', `name: ${name}`, ...top, 'nodes:', ...lines].join('\n'));
}

const ENDS = ['step-cached', 'step-completed', 'step-failed', 'step-abandoned', 'step-canceled', 'step-skipped'];

/** How each node ended in a run, by its events. */
export function endsOf({ stdout, stderr }: CommandResult): Readonly<Record<string, string>> {
  const ends = events(stdout).filter(({ type }) => ENDS.includes(String(type)));
  if (ends.length === 0) throw new Error(`${stdout}\n${stderr}`);
  return Object.fromEntries(ends.map(({ node, type }) => [String(node), String(type).replace('step-', '')]));
}

/** How each node ended in a run of `p.yaml`. */
export async function runPipeline(
  folder: string,
  ...more: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  return endsOf(await pipeline(folder, ['run', 'p.yaml', '--json', ...more]));
}
