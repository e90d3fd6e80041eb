/**
 * The workflow that docs/ci.md shows does what the page says: its steps are run here, in the same order.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { pipeline } from '../rig/cli.js';
import { executed, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { workflowCommands } from '../rig/workflow-log.js';

const temporaryFolder = temporaryFolders();

interface Workflow {
  readonly jobs: { readonly train: { readonly steps: readonly { readonly run?: string }[] } };
}

const page = readFileSync('docs/ci.md', 'utf8');
const [, text = ''] = /^```yaml\n(# \.github[^]*?)^```$/mu.exec(page) ?? [];
const workflow = parse(text) as Workflow;

/** The arguments of each call of the program, in order. */
const calls = workflow.jobs.train.steps
  .flatMap(({ run }) => run?.split('&&') ?? [])
  .map((command) => command.trim())
  .filter((command) => command.startsWith('npx pipeline '))
  .map((command) => command.split(' ').slice(2));

test('the workflow of docs/ci.md runs, and the second time everything is cached', async () => {
  const folder = temporaryFolder();
  writePipeline(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
  renameSync(join(folder, 'p.yaml'), join(folder, 'clothes.yaml'));
  const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
  const job = async (): Promise<void> => {
    for (const call of calls) {
      const { status, stdout, stderr } = await pipeline(folder, call, env);
      expect({ call, status, stderr }).toEqual({ call, status: 0, stderr: '' });
      expect(workflowCommands(stdout)).toEqual([]);
    }
  };
  expect(calls.map(([command]) => command)).toEqual(['validate', 'run', 'gc', 'gc']);
  await job();
  await job();
  expect(executed(folder, 'second')).toBe(1);
  const summary = readFileSync(join(folder, 'summary.md'), 'utf8');
  expect(summary.match(/^## demo, run \d: complete in /gmu)).toHaveLength(2);
  expect(summary).toContain('| ≡ cached | second |');
});
