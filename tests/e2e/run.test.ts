import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline, startPipeline } from '../rig/cli.js';
import { executed, failingStep, runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const first = step('first', 'a');
const second = step('second', 'b', { in: 'first.report' });
const other = step('other', 'c');

describe('pipeline run', () => {
  test('executes once, then everything is cached, under other names too', async () => {
    const folder = temporaryFolder();
    write(folder, { first, second, other });
    expect(await run(folder)).toEqual({ first: 'completed', second: 'completed', other: 'completed' });
    expect(await run(folder)).toEqual({ first: 'cached', second: 'cached', other: 'cached' });
    write(folder, { renamed: first, second: step('second', 'b', { in: 'renamed.report' }), other }, 'another');
    expect(await run(folder)).toEqual({ renamed: 'cached', second: 'cached', other: 'cached' });
    expect(['first', 'second', 'other'].map((name) => executed(folder, name))).toEqual([1, 1, 1]);
  });

  test('a change runs the step and what comes after it, and stops where the bytes are the same', async () => {
    const folder = temporaryFolder();
    write(folder, { first, second, other });
    await run(folder);
    write(folder, { first: step('first', 'A'), second, other });
    expect(await run(folder)).toEqual({ first: 'completed', second: 'completed', other: 'cached' });
    // Another script with the same output: what comes after it stays cached.
    write(folder, { first: step('first', 'A').replace('printf x', 'true; printf x'), second, other });
    expect(await run(folder)).toEqual({ first: 'completed', second: 'cached', other: 'cached' });
    expect(executed(folder, 'second')).toBe(2);
  });

  test('a param that the outputs do not come from runs nothing again, wherever it stands', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'own.ts'),
      `import { writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, output, param } from 'tfjs-pipelines';
export const spec = defineSpec({
  name: 'Own', doc: 'Writes a text.', outputs: { report: output(artifactTypes.get('File')!) },
  params: {
    text: param.string({ doc: 'The text.' }),
    threads: param.integer({ doc: 'Threads.', optional: true, affectsOutputs: false }),
    tuned: param.list(
      param.object({ size: param.integer({ doc: 'Size.' }), blocks: param.integer({ doc: 'Blocks.', default: 1, affectsOutputs: false }) }, { doc: '' }),
      { doc: 'More.', default: [] },
    ),
  },
});
export const execute = async ({ outputs, params }) => {
  writeFileSync(outputs.report.path + '/data', params.text);
};
`,
    );
    const own = (params: Readonly<Record<string, unknown>>): void => {
      write(folder, { own: JSON.stringify({ component: './own.ts', params }) });
    };
    own({ text: 'a', tuned: [{ size: 1, blocks: 2 }] });
    expect(await run(folder)).toEqual({ own: 'completed' });
    own({ text: 'a', threads: 2, tuned: [{ size: 1, blocks: 2 }] });
    expect(await run(folder)).toEqual({ own: 'cached' });
    own({ text: 'a', threads: 3, tuned: [{ size: 1 }] });
    expect(await run(folder)).toEqual({ own: 'cached' });
    own({ text: 'a', threads: 3, tuned: [{ size: 2 }] });
    expect(await run(folder)).toEqual({ own: 'completed' });
    const { stdout } = await pipeline(folder, ['components', './own.ts']);
    expect(stdout).toContain('Threads. It makes no difference for the outputs');
  });

  test('a failed step stops what needs it and nothing else; status 1', async () => {
    const folder = temporaryFolder();
    write(folder, { first: failingStep, second, other });
    expect(await run(folder)).toEqual({ first: 'failed', second: 'abandoned', other: 'completed' });
    expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(1);
  });

  test('a damaged artifact is noticed, put aside and made again', async () => {
    const folder = temporaryFolder();
    write(folder, { first, second });
    await run(folder);
    const artifacts = join(folder, '.pipeline', 'artifacts');
    for (const digest of readdirSync(artifacts).filter((name) => /^[0-9a-f]{64}$/u.test(name))) {
      const file = join(artifacts, digest, 'data');
      if (readFileSync(file, 'utf8') !== 'a') continue;
      chmodSync(file, 0o644);
      writeFileSync(file, 'z');
    }
    expect(await run(folder)).toEqual({ first: 'completed', second: 'cached' });
    expect(readdirSync(join(folder, '.pipeline', 'quarantine'))).toHaveLength(1);
    expect(executed(folder, 'first')).toBe(2);
  });

  test('--force and --no-cache execute what is cached', async () => {
    const folder = temporaryFolder();
    write(folder, { first, other });
    await run(folder);
    expect(await run(folder, '--force', 'first')).toEqual({ first: 'completed', other: 'cached' });
    expect(await run(folder, '--no-cache')).toEqual({ first: 'completed', other: 'completed' });
    expect((await pipeline(folder, ['run', 'p.yaml', '--force', 'frist'])).status).toBe(2);
  });

  test('a killed run leaves nothing that needs help, and finished steps stay done', async () => {
    const folder = temporaryFolder();
    const slow = scriptStep(
      "const fs = require('fs'); if (fs.existsSync('go')) fs.writeFileSync(process.argv[1] + '/data', ''); else { console.log('waiting'); setInterval(() => 0, 1000); }",
      { in: 'first.report' },
    );
    write(folder, { first, slow });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    await new Promise<void>((resolve) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('waiting')) resolve();
      });
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    writeFileSync(join(folder, 'go'), '');
    expect(await run(folder)).toEqual({ first: 'cached', slow: 'completed' });
    expect(executed(folder, 'first')).toBe(1);
    expect(readdirSync(join(folder, '.pipeline', 'staging'))).toEqual([]);
    expect(readdirSync(join(folder, '.pipeline', 'locks'))).toEqual([]);
  });

  test('Ctrl-C stops the run with status 130', async () => {
    const folder = temporaryFolder();
    const endless = scriptStep("console.log('waiting'); setInterval(() => 0, 1000)");
    write(folder, { endless });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('waiting')) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});

describe('a component in a file of one’s own', () => {
  const component = (comment: string): string => `
    import { defineSpec, output, artifactTypes } from 'tfjs-pipelines';
    import { writeFileSync } from 'node:fs';
    import { text } from './helper.js';
    ${comment}
    export const spec = defineSpec({
      name: 'Hello', doc: 'Says hello.', outputs: { report: output(artifactTypes.get('File')!) },
    });
    export const execute = async ({ outputs }: { outputs: { report: { path: string } } }) => {
      writeFileSync(outputs.report.path + '/data', text());
    };`;
  const helper = (text: string): string => `export const text = (): string => '${text}'; export const unused = 1;`;

  test('runs again when a helper changes that it imports, not for a comment', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'own'));
    const files = (comment: string, text: string): void => {
      writeFileSync(join(folder, 'own', 'hello.ts'), component(comment));
      writeFileSync(join(folder, 'own', 'helper.ts'), helper(text));
    };
    write(folder, { hello: '{component: ./own/hello.ts}' });
    files('', 'one');
    expect(await run(folder)).toEqual({ hello: 'completed' });
    files('// a comment\n', 'one');
    expect(await run(folder)).toEqual({ hello: 'cached' });
    files('// a comment\n', 'two');
    expect(await run(folder)).toEqual({ hello: 'completed' });
  });
});

describe('pipeline plan and validate', () => {
  test('say what would happen, and execute nothing', async () => {
    const folder = temporaryFolder();
    write(folder, { first, second });
    const before = await pipeline(folder, ['plan', 'p.yaml']);
    expect(before).toMatchObject({ status: 0 });
    expect(before.stdout).toMatch(
      /run +first +unknown +first run\n.*wait +second +unknown +cached if first comes out the same/u,
    );
    expect(existsSync(join(folder, '.pipeline'))).toBe(false);
    expect(executed(folder, 'first')).toBe(0);
    await run(folder);
    expect((await pipeline(folder, ['plan', 'p.yaml'])).stdout).toMatch(/cached +first .*\n.*cached +second/u);
  });

  test('a bad file is refused with its place, status 2', async () => {
    const folder = temporaryFolder();
    write(folder, { first: '{component: Comand}' });
    const { status, stderr } = await pipeline(folder, ['validate', 'p.yaml']);
    expect(status).toBe(2);
    expect(stderr).toContain('p.yaml:4:22');
    expect(stderr).toContain("did you mean 'Command'?");
  });
});
