/**
 * In a job of GitHub Actions: annotations, logs in groups, and a summary; nothing that a step prints is a command.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { failingStep, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { workflowCommands } from '../rig/workflow-log.js';

const temporaryFolder = temporaryFolders();

/** A job whose repository is `folder`. */
function job(folder: string): Readonly<Record<string, string>> {
  return { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
}

function summary(folder: string): string {
  return readFileSync(join(folder, 'summary.md'), 'utf8');
}

describe('in a job of GitHub Actions', () => {
  test('a failure is an annotation of its node, from the root of the repository', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'ml'));
    write(join(folder, 'ml'), { fine: step('fine', 'a'), broken: failingStep });
    const { status, stdout } = await pipeline(join(folder, 'ml'), ['run', 'p.yaml'], job(folder));
    expect(status).toBe(1);
    const errors = workflowCommands(stdout).filter(({ name }) => name === 'error');
    expect(errors).toEqual([
      {
        name: 'error',
        properties: { title: 'broken failed: program-failed', file: 'ml/p.yaml', line: '5', col: '3', endColumn: '9' },
        message: expect.stringMatching(/ended with status 3$/u),
      },
    ]);
    expect(stdout).toContain('fine: done in');
  });

  test('nothing that a step prints is a command, and its log can be folded', async () => {
    const folder = temporaryFolder();
    const evil = [
      '::error file=p.yaml,line=1::not ours',
      '  ::add-path::/tmp/evil',
      '::stop-commands::x',
      '::endgroup::',
      '##[error]neither',
    ];
    const print = `for (const line of ${JSON.stringify(evil)}) console.log(line);`;
    write(folder, {
      good: scriptStep(`${print} require('fs').writeFileSync(process.argv[1] + '/data', '')`),
      bad: scriptStep(`${print} process.exit(1)`),
    });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml', '--jobs', '1'], job(folder));
    const commands = workflowCommands(stdout);
    expect(commands.map(({ name }) => name)).toEqual(['group', 'endgroup', 'group', 'endgroup', 'error']);
    expect(commands[0]?.message).toBe('good: 5 lines of its log');
    for (const line of evil) expect(stdout).toContain(line);
  });

  test('texts are escaped as the runner reads them', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'own'));
    writeFileSync(
      join(folder, 'own/odd.ts'),
      `import { artifactTypes, defineSpec, output, StepError } from 'tfjs-pipelines';
export const spec = defineSpec({ name: 'Odd', doc: 'Fails.', outputs: { report: output(artifactTypes.get('File')!) } });
export const execute = async ({ log }) => {
  log.warn('a: 100 %, b,c');
  throw new StepError('odd-one', 'first 50%0A::error::x\\nsecond', 'do: this, that');
};
`,
    );
    write(folder, { odd: '{ component: ./own/odd.ts }' });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml'], job(folder));
    const told = workflowCommands(stdout).filter(({ name }) => name === 'error' || name === 'warning');
    expect(told).toMatchObject([
      { name: 'warning', properties: { title: 'odd', file: 'p.yaml', line: '4' }, message: 'a: 100 %, b,c' },
      {
        name: 'error',
        properties: { title: 'odd failed: odd-one' },
        message: 'first 50%0A::error::x\nsecond\ndo: this, that',
      },
    ]);
  });

  test('all that is wrong with a pipeline is annotated where it is wrong', async () => {
    const folder = temporaryFolder();
    write(folder, { first: '{ component: Comand }' });
    const { status, stdout } = await pipeline(folder, ['validate', 'p.yaml'], job(folder));
    expect(status).toBe(2);
    expect(workflowCommands(stdout)).toEqual([
      {
        name: 'error',
        properties: { title: 'unknown-component', file: 'p.yaml', line: '4', col: '23', endColumn: '29' },
        message: expect.stringContaining("did you mean 'Command'?"),
      },
    ]);
    const json = await pipeline(folder, ['validate', 'p.yaml', '--json'], job(folder));
    expect(workflowCommands(json.stdout)).toEqual([]);
    const usage = await pipeline(folder, ['show'], job(folder));
    expect(workflowCommands(usage.stdout)).toMatchObject([{ name: 'error', properties: { title: 'no-store' } }]);
  });

  test('the summary gathers runs: nodes, what they took, failures', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'summary.md'), 'before\n');
    write(folder, { first: step('first', 'a'), broken: scriptStep("console.log('<b>|x'); process.exit(3)") });
    await pipeline(folder, ['run', 'p.yaml'], job(folder));
    await pipeline(folder, ['run', 'p.yaml', '--only', 'first', '--json'], job(folder));
    const text = summary(folder);
    expect(text).toMatch(/^before\n## demo, run 1: failed after /u);
    expect(text).toMatch(/^\| ✓ complete \| first \| \S.* \| .* \| .* \| first run \|$/mu);
    expect(text).toMatch(/^\| ✗ failed \| broken \| /mu);
    expect(text).toContain('**broken** failed with program-failed: ');
    expect(text).toContain('<br>  &#60;b&#62;&#124;x');
    expect(text).toContain('## demo, run 2: complete in ');
    expect(text).toMatch(/^\| ≡ cached \| first \| {2}\| {2}\| {2}\| from run 1, saved /mu);
  });

  test('elsewhere there is none of it', async () => {
    const folder = temporaryFolder();
    write(folder, { broken: failingStep });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml'], { GITHUB_STEP_SUMMARY: join(folder, 'summary.md') });
    expect(stdout).not.toMatch(/^::/mu);
    expect(() => summary(folder)).toThrow('ENOENT');
  });
});
