/**
 * The language server as an editor uses it: over standard input and output, on texts that are not saved.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { TextEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { commandHere } from '../rig/command-here.js';
import { cursorIn, LanguageClient } from '../rig/language-client.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const PIPELINE = `version: 1
name: clothes
params:
  epochs: {type: integer, default: 3, description: How long to train.}
  rate: 0.1
nodes:
  examples:
    component: ExampleGen
    params: {source: {idx: {images: a.gz, labels: b.gz}}, split: {train: 8, eval: 2}}
  transform:
    component: Transform
    inputs: {examples: examples.examples}
    params: {features: {image: [{scale: {to: [0, 1]}}]}}
  trainer:
    component: Trainer
    inputs: {examples: examples.examples, transform_graph: "transform.transform_graph"}
    params:
      epochs: "\${params.epochs}"
      model: {layers: [Flatten, {Dense: {units: 10}}]}
    after: [transform]
  evaluator:
    component: Evaluator
    inputs:
      examples: examples.examples
      model: trainer.model
    when: "nodes.trainer.metrics.accuracy > params.rate && nodes['transform'].metrics.x > 0"
`;

const client = await LanguageClient.start(process.cwd());
afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

/** Opens a text with its cursor at `|`. */
async function opened(marked: string): Promise<readonly [string, { line: number; character: number }]> {
  const { text, position } = cursorIn(marked);
  return [await client.open(join(temporaryFolder(), 'p.yaml'), text), position];
}

/** The pipeline above with one line replaced, or the text around it changed. */
function at(from: string, to: string): string {
  if (!PIPELINE.includes(from)) throw new Error(`'${from}' does not stand there`);
  return PIPELINE.replace(from, () => to);
}

async function labels(marked: string): Promise<readonly string[]> {
  const items = await client.completion(...(await opened(marked)));
  return items.map(({ label }) => label);
}

/** The text after a suggestion was taken. */
async function completed(marked: string, label: string): Promise<string> {
  const { text } = cursorIn(marked);
  const items = await client.completion(...(await opened(marked)));
  const edit = items.find((item) => item.label === label)?.textEdit as TextEdit | undefined;
  if (edit === undefined) throw new Error(`no '${label}' among ${items.map((item) => item.label).join(', ')}`);
  return TextDocument.applyEdits(TextDocument.create('x:y', 'yaml', 0, text), [edit]);
}

describe('diagnostics', () => {
  /** What `validate` says of the same text, as lines. */
  async function validated(folder: string, text: string): Promise<readonly string[]> {
    writeFileSync(join(folder, 'pipeline.yaml'), text);
    const { stdout } = await commandHere(folder, ['validate', 'pipeline.yaml', '--json']);
    interface Told {
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly place?: Readonly<Record<'line' | 'column' | 'endLine' | 'endColumn', number>>;
    }
    const { diagnostics = [] } = JSON.parse(stdout) as { diagnostics?: readonly Told[] };
    return diagnostics.map(({ code, message, hint, place: p }) => {
      const where = [p?.line ?? 1, p?.column ?? 1, p?.endLine ?? 1, p?.endColumn ?? 1].join(':');
      return `${where} ${code} ${message}${hint === undefined ? '' : `\nhelp: ${hint}`}`;
    });
  }

  async function served(folder: string, text: string): Promise<readonly string[]> {
    await client.open(join(folder, 'pipeline.yaml'), text);
    return (await client.diagnostics()).map(({ range: { start, end }, code, message }) => {
      const where = [start.line, start.character, end.line, end.character].map((each) => each + 1).join(':');
      return `${where} ${String(code)} ${message}`;
    });
  }

  const bad = readdirSync('tests/golden').filter((name) => existsSync(join('tests/golden', name, 'pipeline.yaml')));
  test.each(bad)('of tests/golden/%s are those of validate', async (name) => {
    const text = readFileSync(join('tests/golden', name, 'pipeline.yaml'), 'latin1');
    const pipelineText = `# pipeline.schema.json\n${text}`;
    const folder = temporaryFolder();
    expect(await served(folder, pipelineText)).toEqual(await validated(folder, pipelineText));
  });

  test('follow what is typed, and end with the file', async () => {
    const uri = await client.open(join(temporaryFolder(), 'p.yaml'), PIPELINE);
    expect(await client.diagnostics()).toEqual([]);
    // `Trainer` becomes `Traner`.
    const line = PIPELINE.split('\n').indexOf('    component: Trainer');
    const range = { start: { line, character: 18 }, end: { line, character: 19 } };
    await client.change(uri, '', range);
    const [first] = await client.diagnostics();
    expect(first).toMatchObject({
      code: 'unknown-component',
      range: { start: { line, character: 15 }, end: { line, character: 21 } },
    });
    await client.change(uri, 'i', { start: range.start, end: range.start });
    expect(await client.diagnostics()).toEqual([]);
    await client.change(uri, 'nodes: {');
    expect(await client.diagnostics()).not.toEqual([]);
    await client.closeFile(uri);
    expect(await client.diagnostics()).toEqual([]);
  });

  test('of several keystrokes at once come for the last text', async () => {
    const uri = await client.open(join(temporaryFolder(), 'p.yaml'), PIPELINE);
    for (const name of ['a', 'ab', 'ab:']) await client.change(uri, at('name: clothes', `name: ${name}`));
    expect(await client.diagnostics()).toMatchObject([{ code: 'yaml-syntax' }]);
  });

  test('leave other YAML alone', async () => {
    await client.open(join(temporaryFolder(), 'workflow.yaml'), 'on: [push]\njobs: {}\n');
    expect(await client.diagnostics()).toEqual([]);
  });

  test('of a fragment stand where it is included', async () => {
    const folder = temporaryFolder();
    const fragment =
      'nodes:\n  one: {component: Comand}\n  two: {component: Command, params: {argv: [ls]}, after: [thre]}\n';
    writeFileSync(join(folder, 'part.yaml'), fragment);
    const text = `version: 1\nname: p\nparams: {word: w}\ninclude:\n  - {file: part.yaml, as: x, params: {}}\nnodes:\n  own: {component: Command, params: {argv: [ls]}, after: x_two}\n`;
    await client.open(join(folder, 'p.yaml'), text);
    const place = { start: { line: 4, character: 11 }, end: { line: 4, character: 20 } };
    expect(await client.diagnostics()).toMatchObject([
      { code: 'unknown-component', range: place, message: expect.stringContaining('part.yaml:2:20: there is no') },
      { code: 'unknown-node', range: place, message: expect.stringContaining('part.yaml:3:') },
    ]);
  });

  test('look at a component of one’s own again when a file is saved; what it prints is no answer', async () => {
    const folder = temporaryFolder();
    const component = (name: string): string => `
      import { defineSpec, output, artifactTypes, param } from 'tfjs-pipelines';
      console.log('Content-Length: 3');
      export const spec = defineSpec({ name: 'Own', doc: 'Mine.', outputs: { ${name}: output(artifactTypes.get('File')!) },
        params: { colour: param.choice(['red', 'blue'], { doc: 'Its colour.' }) } });
      export const execute = async () => {};`;
    writeFileSync(join(folder, 'own.ts'), component('first'));
    const text = `version: 1\nname: p\nnodes:\n  own: {component: ./own.ts, params: {colour: red}}\n  next:\n    component: Command\n    inputs: {in: own.second}\n    params: {argv: [ls]}\n`;
    const uri = await client.open(join(folder, 'p.yaml'), text);
    expect(await client.diagnostics()).toMatchObject([{ code: 'unknown-output' }]);
    writeFileSync(join(folder, 'own.ts'), component('second'));
    await client.save(uri);
    expect(await client.diagnostics()).toEqual([]);
    const line = { line: 3, character: 48 };
    expect((await client.completion(uri, line)).map(({ label }) => label)).toEqual(['red', 'blue']);
    const [place] = await client.definition(uri, { line: 3, character: 22 });
    expect(place?.uri).toContain('own.ts');
  });
});

describe('completion', () => {
  test('of an empty file and of its own keys', async () => {
    expect(await labels('# pipeline.schema.json\n|')).toEqual(expect.arrayContaining(['version', 'name', 'nodes']));
    expect(await labels(at('params:\n', 'de|\nparams:\n'))).toEqual(
      expect.arrayContaining(['defaults', 'description']),
    );
    expect(await labels(at('params:\n', 'de|\nparams:\n'))).not.toContain('nodes');
  });

  test('of a node’s keys, on a line of its own and inside braces', async () => {
    const keys = await labels(at('    after: [transform]', '    |\n    after: [transform]'));
    expect(keys).toEqual(expect.arrayContaining(['retries', 'timeout', 'when', 'cache']));
    expect(keys).not.toContain('inputs');
    expect(await labels('nodes:\n  a: {component: Trainer, |}')).toEqual(expect.arrayContaining(['inputs', 'params']));
    expect(await completed('nodes:\n  a: {component: Trainer, par|}', 'params')).toBe(
      'nodes:\n  a: {component: Trainer, params: }',
    );
    expect(await completed('nodes:\n  a: {com|: Trainer}', 'component')).toBe('nodes:\n  a: {component: Trainer}');
  });

  test('of components', async () => {
    expect(await labels('nodes:\n  a:\n    component: |\n    params: {}')).toEqual(
      expect.arrayContaining(['ExampleGen', 'Trainer', 'Command']),
    );
    expect(await completed('nodes:\n  a:\n    component: Tra|', 'Trainer')).toBe(
      'nodes:\n  a:\n    component: Trainer',
    );
  });

  test('of params by component, nested, without those that are there', async () => {
    const keys = await labels(at('      model: ', '      |\n      model: '));
    expect(keys).toEqual(expect.arrayContaining(['batch_size', 'optimizer', 'loss']));
    expect(keys).not.toContain('epochs');
    expect(await labels(at('{units: 10}', '{units: 10, |}'))).toEqual(expect.arrayContaining(['activation']));
    expect(await labels(at('[Flatten, ', '[Flatten, {|}, '))).toEqual(expect.arrayContaining(['Conv2D', 'Dense']));
    expect(await labels(at('[Flatten, ', '[|, '))).toEqual(expect.arrayContaining(['Flatten']));
    expect(await labels(at('{units: 10}', '{units: 10, activation: |}'))).toEqual(
      expect.arrayContaining(['relu', 'softmax']),
    );
    // One form excludes the others.
    expect(await labels(at('{idx: {', '{|, idx: {'))).toEqual([]);
  });

  test('of inputs, and of outputs that fit them and close no circle', async () => {
    expect(await labels(at('{examples: examples.examples}', '{|}'))).toEqual(['examples']);
    expect(await labels(at('model: trainer.model', 'model: |'))).toEqual(['trainer.model']);
    expect(await labels(at('inputs: {examples: examples.examples}', 'inputs: {examples: ex|}'))).toEqual([
      'examples.examples',
    ]);
    expect(await completed(at('model: trainer.model', 'model: trainer.mo|'), 'trainer.model')).toBe(PIPELINE);
    // Command takes anything; what comes after it is not offered.
    const command = at(
      '  trainer:\n',
      '  count: {component: Command, inputs: {x: |}, outputs: {y: File}}\n  trainer:\n',
    ).replace('after: [transform]', 'after: [count]');
    expect(await labels(command)).toEqual(['examples.examples', 'transform.transform_graph']);
    expect(await labels(at('after: [transform]', 'after: [|]'))).toEqual(['examples', 'transform']);
    expect(await labels('nodes:\n  a: {component: Command, outputs: {x: |}}')).toEqual(
      expect.arrayContaining(['File', 'Model']),
    );
  });

  test('of what a condition can ask about', async () => {
    const asked = ['params.epochs', 'params.rate', 'nodes.examples.metrics', 'nodes.examples.outputs.examples'];
    const condition = at('    after: [transform]', '    when: params.rate > 1 && no|\n    after: [transform]');
    expect(await labels(condition)).toEqual([
      ...asked,
      'nodes.transform.metrics',
      'nodes.transform.outputs.transform_graph',
    ]);
    expect(await completed(condition, 'nodes.examples.metrics')).toBe(
      at('    after: [transform]', '    when: params.rate > 1 && nodes.examples.metrics\n    after: [transform]'),
    );
    expect(await labels('nodes:\n  a-b: {component: Command}\n  c: {component: Command, when: |}')).toEqual([
      'nodes["a-b"].metrics',
    ]);
  });

  test('of placeholders', async () => {
    expect(await labels(at('${params.epochs}', '${|}'))).toEqual(['params.epochs', 'params.rate']);
    expect(await completed(at('${params.epochs}', '${params.ep|}'), 'params.epochs')).toBe(PIPELINE);
    expect(await labels(at('${params.epochs}', '$${|}'))).not.toContain('params.epochs');
    const command =
      'nodes:\n  a: {component: Command, env: [HOME], inputs: {i: b.c}, outputs: {o: File}, params: {argv: ["${|}"]}}';
    expect(await labels(command)).toEqual(['env.HOME', 'inputs.i', 'outputs.o']);
  });

  test('documents what it offers', async () => {
    const items = await client.completion(...(await opened(at('      model: ', '      |\n      model: '))));
    const loss = items.find(({ label }) => label === 'loss');
    expect(JSON.stringify(loss?.documentation)).toMatch(/markdown.*\*\*loss\*\*/u);
  });
});

describe('documentation', () => {
  test.each([
    ['component: Tra|iner', 'component: Trainer', /\*\*Trainer\*\*.*Inputs:.*`examples`: Examples/su],
    ['      ep|ochs: "${', '      epochs: "${', /\*\*epochs\*\*: `integer ≥ 1 and.*default `10`/u],
    ['{un|its: 10}', '{units: 10}', /\*\*units\*\*: `integer/u],
    ['      mo|del: trainer', '      model: trainer', /Model\. /u],
    ['model: trainer.mo|del', 'model: trainer.model', /\*\*trainer\.model\*\*: Model/u],
    [
      'model: trai|ner.model',
      'model: trainer.model',
      /node \*\*trainer\*\*: Trainer.*`trainer\.model_run`: ModelRun/su,
    ],
    ['  train|er:\n', '  trainer:\n', /node \*\*trainer\*\*: Trainer/u],
    ['${params.ep|ochs}', '${params.epochs}', /param \*\*epochs\*\*.*How long to train/su],
    ['    af|ter:', '    after:', /\*\*after\*\*.*must have finished/su],
  ])('of %s', async (marked, from, expected) => {
    expect(await client.hover(...(await opened(at(from, marked))))).toMatch(expected);
  });

  test('of nothing', async () => {
    expect(await client.hover(...(await opened(at('version: 1', 'version: 1|'))))).toBeUndefined();
  });
});

describe('going to the definition', () => {
  const lineOf = (text: string): number => PIPELINE.split('\n').findIndex((line) => line.includes(text));
  test.each([
    ['model: tra|iner.model', 'model: trainer.model', '  trainer:'],
    ['after: [transf|orm]', 'after: [transform]', '  transform:'],
    ['"tr|ansform.transform_graph"', '"transform.transform_graph"', '  transform:'],
    ['nodes.trai|ner.metrics', 'nodes.trainer.metrics', '  trainer:'],
    ["nodes['trans|form']", "nodes['transform']", '  transform:'],
    ['${params.ep|ochs}', '${params.epochs}', '  epochs:'],
    ['> params.ra|te', '> params.rate', '  rate:'],
  ])('from %s', async (marked, from, definition) => {
    const places = await client.definition(...(await opened(at(from, marked))));
    expect(places.map(({ range }) => range.start)).toEqual([{ line: lineOf(definition), character: 2 }]);
  });
});

describe('renaming', () => {
  /** The pipeline after a rename at `|`. */
  async function renamed(marked: string, to: string): Promise<string> {
    const [uri, position] = await opened(marked);
    const edit = await client.rename(uri, position, to);
    const document = TextDocument.create(uri, 'yaml', 0, cursorIn(marked).text);
    return TextDocument.applyEdits(document, edit?.changes?.[uri] ?? []);
  }

  test.each(['model: tra|iner.model', '  train|er:\n', 'nodes.trainer|.metrics'])(
    'a node everywhere, from %s',
    async (marked) => {
      const after = await renamed(at(marked.replace('|', ''), marked), 'fit');
      expect(after).toBe(
        PIPELINE.replace('  trainer:\n', '  fit:\n')
          .replace('trainer.model', 'fit.model')
          .replace('nodes.trainer.', 'nodes.fit.'),
      );
    },
  );

  test('a node whose name is the name of other things, too', async () => {
    const after = await renamed(at('  examples:\n    component', '  exam|ples:\n    component'), 'data');
    expect(after).toBe(
      PIPELINE.replace('  examples:\n    component', '  data:\n    component').replaceAll(
        'examples.examples',
        'data.examples',
      ),
    );
    expect(await renamed(at('  transform:', '  trans|form:'), 'prepare')).toBe(
      PIPELINE.replace('  transform:', '  prepare:')
        .replace('"transform.', '"prepare.')
        .replace('[transform]', '[prepare]')
        .replace("nodes['transform']", "nodes['prepare']"),
    );
  });

  test('a param', async () => {
    expect(await renamed(at('${params.ep|ochs}'.replace('|', ''), '${params.ep|ochs}'), 'rounds')).toBe(
      PIPELINE.replace('  epochs: {', '  rounds: {').replace('${params.epochs}', '${params.rounds}'),
    );
  });

  test.each([
    ['evaluator', /already/u],
    ['Evaluator', /already/u],
    ['a b', /cannot be the name/u],
    ['constructor', /cannot be the name/u],
  ])('to %s is refused', async (name, message) => {
    const [uri, position] = await opened(at('  trainer:\n', '  train|er:\n'));
    await expect(client.rename(uri, position, name)).rejects.toThrow(message);
  });

  test('is offered on names only', async () => {
    expect(await client.prepareRename(...(await opened(at('  trainer:\n', '  train|er:\n'))))).toBe('trainer');
    expect(
      await client.prepareRename(...(await opened(at('component: Trainer', 'component: Tra|iner')))),
    ).toBeUndefined();
  });

  test('goes by the references that are found', async () => {
    const [uri, position] = await opened(at('  trainer:\n', '  train|er:\n'));
    expect(await client.references(uri, position)).toHaveLength(3);
  });
});

test('the server ends when the editor is gone', async () => {
  const lost = await LanguageClient.start(process.cwd());
  lost.vanish();
  expect(await lost.ended).toBe(1);
});
