/**
 * What changes while a step runs: its result must not stand for later runs, and the run says so.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

interface Told {
  readonly ends: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** How each node ended, and what was warned of. */
async function run(folder: string): Promise<Told> {
  const { stdout, stderr, status } = await pipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  const all = events(stdout);
  return {
    ends: Object.fromEntries(
      all
        .filter(({ type }) => type === 'step-completed' || type === 'step-cached')
        .map(({ type, node, reusable }) => [String(node), type === 'step-cached' ? 'cached' : reusable]),
    ),
    warnings: all
      .filter(({ type, level }) => type === 'step-log' && level === 'warn')
      .map(({ message }) => String(message)),
  };
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A component that changes a file once while it runs. */
const meddling = (file: string, text: string): string => `
  import { existsSync, writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { artifactTypes, defineSpec, output, param } from 'tfjs-pipelines';
  import { word } from './word.js';
  export const spec = defineSpec({
    name: 'Meddling', doc: 'Changes a file.', outputs: { text: output(artifactTypes.get('File')!) },
    params: {
      data: param.path({ doc: 'Data.', optional: true }),
      edit: param.module({ doc: 'Code.', optional: true }),
    },
  });
  export const execute = async ({ outputs, baseDir }) => {
    writeFileSync(join(outputs.text.path, 'data'), word);
    const done = join(baseDir, 'meddled');
    if (existsSync(done)) return;
    writeFileSync(done, '');
    writeFileSync(join(baseDir, ${JSON.stringify(file)}), ${JSON.stringify(text)});
  };`;

const WORD = "export const word = 'word';\n";

const CASES: Readonly<Record<string, { file: string; text: string; told: string }>> = {
  'a file that a param names': { file: 'data.txt', text: 'new', told: 'params.data.content' },
  'a folder that a param names': { file: 'data/more.txt', text: 'new', told: 'params.data.content' },
  'a module that a param names': {
    file: 'edit.mjs',
    text: 'export const edit = () => 2;\n',
    told: 'params.edit.module',
  },
  'a helper of the component': { file: 'own/word.ts', text: "export const word = 'other';\n", told: 'component.code' },
};

test.each(Object.entries(CASES))('%s', async (name, { file, text, told }) => {
  const folder = temporaryFolder();
  const data = name.startsWith('a folder') ? 'data' : 'data.txt';
  write(folder, {
    'own/meddling.ts': meddling(file, text),
    'own/word.ts': WORD,
    'edit.mjs': 'export const edit = () => 1;\n',
    'data.txt': 'old',
    'data/one.txt': 'old',
    'p.yaml': [
      'version: 1',
      'name: demo',
      'nodes:',
      `  step: {component: ./own/meddling.ts, params: {data: ${data}, edit: "edit.mjs#edit"}}`,
    ].join('\n'),
  });
  const first = await run(folder);
  expect(first.ends).toEqual({ step: false });
  expect(first.warnings).toEqual([`changed while the step ran: ${told}; its result is not kept for later runs`]);
  // With the file as it was, the first result would be a hit, had it been kept.
  if (name.startsWith('a file')) {
    write(folder, { 'data.txt': 'old' });
    expect(await run(folder)).toEqual({ ends: { step: true }, warnings: [] });
  } else expect((await run(folder)).ends).toEqual({ step: true });
  expect(await run(folder)).toEqual({ ends: { step: 'cached' }, warnings: [] });
});

test('an input artifact that a step writes into: not kept, and made again by the next run', async () => {
  const folder = temporaryFolder();
  write(folder, {
    'make.sh': 'printf good > "$1/data"\n',
    'spoil.sh': [
      'tr o 0 < "$1/data" > "$2/data"',
      'if [ ! -e spoiled ]; then touch spoiled; chmod u+w "$1/data"; printf bad > "$1/data"; fi',
      '',
    ].join('\n'),
    'p.yaml': [
      'version: 1',
      'name: demo',
      'nodes:',
      '  make: {component: Command, outputs: {text: File}, params: {argv: [sh, make.sh, "${outputs.text}"]}}',
      '  spoil:',
      '    component: Command',
      '    inputs: {text: make.text}',
      '    outputs: {text: File}',
      '    params: {argv: [sh, spoil.sh, "${inputs.text}", "${outputs.text}"]}',
    ].join('\n'),
  });
  const first = await run(folder);
  expect(first.ends).toEqual({ make: true, spoil: false });
  expect(first.warnings).toEqual(['changed while the step ran: the input text; its result is not kept for later runs']);
  expect((await run(folder)).ends).toEqual({ make: true, spoil: true });
  expect((await pipeline(folder, ['verify'])).status).toBe(0);
});

test('an input artifact that a step writes into: made again in the same run for all that come after it', async () => {
  const folder = temporaryFolder();
  const reader = (name: string): string =>
    `  ${name}: {component: Command, inputs: {text: make.text}, outputs: {text: File}, params: {argv: [sh, copy.sh, "\${inputs.text}", "\${outputs.text}", ${name}]}}`;
  write(folder, {
    'make.sh': 'printf good > "$1/data"\n',
    'copy.sh': 'cat "$1/data" > "$2/data"\n',
    'spoil.sh':
      'tr o 0 < "$1/data" > "$2/data"; if [ ! -e spoiled ]; then touch spoiled; chmod u+w "$1/data"; printf bad > "$1/data"; fi\n',
    'p.yaml': [
      'version: 1',
      'name: demo',
      'nodes:',
      '  make: {component: Command, outputs: {text: File}, params: {argv: [sh, make.sh, "${outputs.text}"]}}',
      '  spoil: {component: Command, inputs: {text: make.text}, outputs: {text: File}, params: {argv: [sh, spoil.sh, "${inputs.text}", "${outputs.text}"]}}',
      ...['second', 'third', 'fourth'].map(reader),
    ].join('\n'),
  });
  const { stdout, status } = await pipeline(folder, ['run', 'p.yaml', '--jobs', '1', '--json']);
  const made = events(stdout).filter(({ type }) => type === 'step-completed');
  expect(made.map(({ node }) => node)).toEqual(['make', 'spoil', 'make', 'second', 'third', 'fourth']);
  expect(status).toBe(0);
  expect((await pipeline(folder, ['verify'])).status).toBe(0);
});
