import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { pipeline, startPipeline } from '../rig/cli.js';
import { executed, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

type Line = Readonly<Record<string, unknown>>;

/** A command that watches, and what it says. */
class Watching {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #text = '';
  #lines: Line[] = [];
  #wake = (): void => undefined;
  #over = false;

  constructor(folder: string, ...more: readonly string[]) {
    this.child = startPipeline(folder, ['run', 'p.yaml', '--watch', '--json', ...more]);
    this.ended = new Promise((resolve) =>
      this.child.on('close', (status) => {
        this.#over = true;
        this.#wake();
        resolve(status);
      }),
    );
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (this.#text + chunk.toString()).split('\n');
      this.#text = parts.pop() ?? '';
      this.#lines.push(...parts.map((part) => JSON.parse(part) as Line));
      this.#wake();
    });
  }

  /** All lines up to the next one of a type. */
  async until(type: string): Promise<readonly Line[]> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line['type'] === type);
      if (at >= 0) return this.#lines.splice(0, at + 1);
      if (this.#over) throw new Error(`ended before '${type}': ${JSON.stringify(this.#lines)}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** How the nodes ended, and why it ran, up to where it waits again. */
  async round(): Promise<{ readonly changed: unknown; readonly ends: Readonly<Record<string, string>> }> {
    const lines = await this.until('watching');
    const ends = lines.filter(({ type }) => /^step-(cached|completed|failed)$/u.test(String(type)));
    return {
      changed: lines.find(({ type }) => type === 'changed')?.['paths'],
      ends: Object.fromEntries(ends.map(({ node, type }) => [String(node), String(type).replace('step-', '')])),
    };
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return await this.ended;
  }
}

const started: Watching[] = [];
function watch(folder: string, ...more: readonly string[]): Watching {
  const watching = new Watching(folder, ...more);
  started.push(watching);
  return watching;
}
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

describe('--watch', () => {
  test('runs again when the pipeline, a fragment, params or a script of a program change, and for nothing else', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'parts'));
    const fragment = (text: string): void => {
      writeFileSync(join(folder, 'parts/part.yaml'), `nodes:\n  two: ${step('two', text)}\n`);
    };
    const script = (text: string): void => {
      writeFileSync(join(folder, 'three.js'), `require('fs').writeFileSync(process.argv[2] + '/data', '${text}')`);
    };
    const three = JSON.stringify({
      component: 'Command',
      outputs: { report: 'File' },
      params: { argv: [process.execPath, 'three.js', '${outputs.report}'] },
    });
    const main = (text: string): void => {
      const top = ['params: {word: w}', 'include: [{file: parts/part.yaml, as: part}]'];
      writePipeline(folder, { one: step('one', `${text} \${params.word}`), three }, 'demo', top);
    };
    fragment('b');
    script('c');
    main('a');
    // A link to a file elsewhere: what changes is the file.
    const params = join(temporaryFolder(), 'values.yaml');
    symlinkSync(params, join(folder, 'params.yaml'));
    writeFileSync(params, 'word: first\n');
    const watching = watch(folder, '--params-file', 'params.yaml');
    const all = { one: 'completed', part_two: 'completed', three: 'completed' };
    const cached = { one: 'cached', part_two: 'cached', three: 'cached' };
    expect(await watching.round()).toEqual({ changed: undefined, ends: all });
    // Neither its own counts nor other files beside them matter.
    writeFileSync(join(folder, 'other.txt'), 'x');
    main('A');
    expect(await watching.round()).toEqual({ changed: ['p.yaml'], ends: { ...cached, one: 'completed' } });
    fragment('B');
    expect(await watching.round()).toEqual({
      changed: ['parts/part.yaml'],
      ends: { ...cached, part_two: 'completed' },
    });
    writeFileSync(params, 'word: second\n');
    expect(await watching.round()).toEqual({ changed: ['params.yaml'], ends: { ...cached, one: 'completed' } });
    script('C');
    expect(await watching.round()).toEqual({ changed: ['three.js'], ends: { ...cached, three: 'completed' } });
    expect(await watching.stop()).toBe(130);
    expect([executed(folder, 'one'), executed(folder, 'two')]).toEqual([3, 2]);
  });

  test('knows data in folders, and user code with what it imports', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data/deep'), { recursive: true });
    writeFileSync(join(folder, 'data/deep/a.txt'), 'a');
    writeFileSync(join(folder, 'word.mjs'), "export const word = 'one';");
    writeFileSync(
      join(folder, 'own.mjs'),
      `import { writeFileSync } from 'node:fs';
      import { defineSpec, output, artifactTypes } from 'tfjs-pipelines';
      import { word } from './word.mjs';
      export const spec = defineSpec({ name: 'Own', doc: 'Own.', outputs: { text: output(artifactTypes.get('File')) } });
      export const execute = async ({ outputs }) => { writeFileSync(outputs.text.path + '/data', word); };`,
    );
    const data = '{component: Importer, params: {source: data}, outputs: {artifact: File}}';
    writePipeline(folder, { data, own: '{component: ./own.mjs}' });
    const watching = watch(folder);
    expect((await watching.round()).ends).toEqual({ data: 'completed', own: 'completed' });
    writeFileSync(join(folder, 'word.mjs'), "export const word = 'two';");
    const code = await watching.round();
    expect(code).toEqual({ changed: ['word.mjs'], ends: { data: 'cached', own: 'completed' } });
    writeFileSync(join(folder, 'data/deep/a.txt'), 'changed');
    expect(await watching.round()).toEqual({ changed: ['data'], ends: { data: 'completed', own: 'cached' } });
    expect(await watching.stop()).toBe(130);
  });

  test('a folder that the store lies in is refused, and what runs write there does not count', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data/inner'), { recursive: true });
    writeFileSync(join(folder, 'data/inner/a.txt'), 'a');
    const importer = (source: string): string =>
      `{component: Importer, params: {source: ${source}}, outputs: {artifact: File}}`;
    writePipeline(folder, { all: importer('data') });
    const watching = watch(folder, '--root', 'data/deep/store');
    const lines = await watching.until('watching');
    expect(lines.filter(({ type }) => type === 'run-started')).toHaveLength(1);
    expect(lines.find(({ type }) => type === 'step-failed')).toMatchObject({
      failure: {
        code: 'resource',
        message: expect.stringMatching(
          /p\.yaml:4:\d+: .* holds the store .*deep\/store, so every run would change it/u,
        ),
      },
    });
    writeFileSync(join(folder, 'data/inner/a.txt'), 'changed');
    expect(await watching.round()).toEqual({ changed: ['data'], ends: { all: 'failed' } });
    writePipeline(folder, { all: importer('data/inner') });
    expect(await watching.round()).toEqual({ changed: ['p.yaml'], ends: { all: 'completed' } });
    expect(await watching.stop()).toBe(130);
    expect((await pipeline(folder, ['lineage', 'data', '--root', 'data/deep/store'])).stderr).toContain(
      'holds the store',
    );
  });

  test('an invalid file is told, and waited for; Ctrl-C ends a run, and the watch with it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'p.yaml'), 'version: 1\nname: demo\nnodes: {}\n');
    const watching = watch(folder);
    const [invalid] = await watching.until('watching');
    expect(invalid).toMatchObject({ type: 'invalid-pipeline', diagnostics: [{ code: 'missing-key' }] });
    writePipeline(folder, { first: step('first', 'a') });
    expect((await watching.round()).ends).toEqual({ first: 'completed' });
    rmSync(join(folder, 'p.yaml'));
    expect(await watching.until('watching')).toMatchObject([
      { type: 'changed', paths: ['p.yaml'] },
      { type: 'invalid-pipeline', diagnostics: [{ code: 'file-missing' }] },
      { type: 'watching' },
    ]);
    writePipeline(folder, { endless: scriptStep("console.log('going'); setInterval(() => 0, 1000)") });
    await watching.until('step-log');
    expect(await watching.stop()).toBe(130);
    expect(JSON.parse((await pipeline(folder, ['show', '--json'])).stdout)).toMatchObject({
      run: 2,
      state: 'CANCELED',
    });
  });

  test('a change while a run goes on is not missed', async () => {
    const folder = temporaryFolder();
    const changes = scriptStep(
      "const fs = require('fs'); if (!fs.existsSync('once')) { fs.writeFileSync('once', ''); fs.appendFileSync('p.yaml', '# more\\n'); } fs.writeFileSync(process.argv[1] + '/data', '')",
    );
    writePipeline(folder, { changes });
    appendFileSync(join(folder, 'p.yaml'), '\n');
    const watching = watch(folder);
    expect((await watching.round()).ends).toEqual({ changes: 'completed' });
    expect(await watching.round()).toEqual({ changed: ['p.yaml'], ends: { changes: 'cached' } });
    expect(await watching.stop()).toBe(130);
  });
});
