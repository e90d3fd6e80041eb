/**
 * Fragments in the language server: open themselves, and named in the pipelines that include them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Location, WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { pipeline } from '../rig/cli.js';
import { cursorIn, LanguageClient } from '../rig/language-client.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const FILES = {
  'p.yaml': `version: 1
name: reports
params: {said: Sales}
include:
  - file: parts/report.yaml
    as: sales
    params: {title: "\${params.said}"}
    inputs: {data: measure.report}
  - {file: parts/report.yaml, as: costs, params: {title: Costs}, inputs: {data: sales_page.page}}
nodes:
  measure: {component: Command, outputs: {report: File}, params: {argv: [ls]}}
  publish:
    component: Command
    inputs: {page: sales_page.page, other: costs_low_last.made}
    params: {argv: [ls]}
    when: nodes.sales_page.outputs.page.bytes > 0
`,
  'parts/report.yaml': `description: A page on data.
params: {title: {type: string}, lines: 10}
inputs: {data: File, old: {type: Model, optional: true}}
include:
  - {file: parts/low.yaml, as: low, inputs: {given: page.page}}
nodes:
  count: {component: Command, inputs: {data: inputs.data}, outputs: {counts: File}, params: {argv: ["\${params.title}"]}}
  page:
    component: Command
    inputs: {counts: count.counts}
    outputs: {page: File}
    params: {argv: ["\${params.title}", "--lines=\${params.lines}"]}
`,
  'parts/low.yaml': `# fragment.schema.json
inputs: {given: File}
nodes:
  last: {component: Command, inputs: {in: inputs.given}, outputs: {made: File}, params: {argv: [ls]}}
`,
  'q.yaml': `version: 1
name: other
include: [{file: parts/low.yaml, as: it, inputs: {given: a.b}}]
nodes:
  a: {component: Command, inputs: {x: it_last.made}, outputs: {b: File}, params: {argv: [ls]}}
`,
  'unrelated.yaml': 'version: 1\nname: u\nnodes:\n  last: {component: Command, params: {argv: [ls]}}\n',
} as const;
type Name = keyof typeof FILES;

const client = await LanguageClient.start(process.cwd());
afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

function project(files: Readonly<Record<string, string>> = FILES): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const uriIn = (folder: string, name: string): string => pathToFileURL(join(folder, name)).href;

/** The text of a file with its cursor before, in or after the first occurrence of something. */
function at(name: Name, marked: string, to = marked.replace('|', '')): string {
  if (!FILES[name].includes(to)) throw new Error(`'${to}' does not stand in ${name}`);
  return FILES[name].replace(to, () => marked);
}

/** Opens a file of the project with the cursor at `|`. */
async function opened(
  name: Name,
  marked: string,
  folder = project(),
): Promise<readonly [string, { line: number; character: number }]> {
  const { text, position } = cursorIn(marked);
  return [await client.open(join(folder, name), text), position];
}

async function labels(name: Name, marked: string): Promise<readonly string[]> {
  return (await client.completion(...(await opened(name, marked)))).map(({ label }) => label);
}

/** What stands at places, as `file:text`. */
function shown(folder: string, places: readonly Location[]): readonly string[] {
  return places.map(({ uri, range }) => {
    const name = Object.keys(FILES).find((each) => uriIn(folder, each) === uri) as Name;
    const text = TextDocument.create(uri, 'yaml', 0, FILES[name]);
    return `${name}:${String(range.start.line + 1)}:${text.getText(range)}`;
  });
}

describe('diagnostics of a fragment that is open', () => {
  test('are those of validate where pipelines include it, in the texts that are not saved', async () => {
    const bad = FILES['parts/report.yaml'].replace('count.counts', 'count.count').replace('Command', 'Comand');
    const folder = project({ ...FILES, 'parts/report.yaml': bad });
    await client.open(join(folder, 'parts/report.yaml'), bad);
    const told = (await client.diagnostics()).map(({ code, range: { start } }) => [
      code,
      start.line + 1,
      start.character + 1,
    ]);
    const { stdout } = await pipeline(folder, ['validate', 'p.yaml', '--json']);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: readonly { code: string; place: { file: string; line: number; column: number } }[];
    };
    expect(told).toEqual(diagnostics.map(({ code, place }) => [code, place.line, place.column]));
    expect(told).toHaveLength(1);
  });

  test('follow what is typed into a pipeline, and a pipeline’s what is typed into a fragment', async () => {
    const folder = project();
    const outer = await client.open(join(folder, 'p.yaml'), FILES['p.yaml']);
    expect(await client.diagnostics()).toEqual([]);
    const inner = await client.open(join(folder, 'parts/report.yaml'), FILES['parts/report.yaml']);
    expect(await client.diagnosticsOf(inner)).toEqual([]);
    await client.change(inner, FILES['parts/report.yaml'].replace('data: File', 'data: Model'));
    expect(await client.diagnosticsOf(outer)).toMatchObject([{ code: 'artifact-type' }, { code: 'artifact-type' }]);
    await client.change(inner, FILES['parts/report.yaml'].replace('  page:', '  side:'));
    expect(await client.diagnosticsOf(outer)).toContainEqual(
      expect.objectContaining({ code: 'unknown-node', message: expect.stringContaining("'sales_page'") }),
    );
  });

  test('tell what is wrong in what it includes, where it does', async () => {
    const folder = project({ ...FILES, 'parts/low.yaml': FILES['parts/low.yaml'].replace('Command', 'Comand') });
    await client.open(join(folder, 'parts/report.yaml'), FILES['parts/report.yaml']);
    expect(await client.diagnostics()).toMatchObject([
      {
        code: 'unknown-component',
        message: expect.stringMatching(/^low\.yaml:4:\d+: there is no component 'Comand'/u),
        range: { start: { line: 4 } },
      },
    ]);
  });

  test('of one that nobody includes are what holds whatever it is given', async () => {
    const folder = project({});
    const text = `params:
  loss: {type: string, enum: [mse]}
  much: {type: integer, maximum: -3}
  more: {type: any}
inputs: {examples: Examples, model: {type: Model, optional: true}, odd: Modell}
nodes:
  trainer:
    component: Trainer
    inputs: {examples: inputs.examples, transform_graph: inputs.model}
    params: {epochs: "\${params.much}", loss: "\${params.loss}", batch_size: "\${params.little}"}
  each: {component: Command, for_each: {x: "\${params.more}"}, params: {argv: [ls, "\${params.more}"]}}
  end: {component: Command, after: [each, trainr], params: {}}
`;
    await client.open(join(folder, 'new.yaml'), text);
    expect((await client.diagnostics()).map(({ code, range }) => [code, range.start.line + 1])).toEqual([
      ['not-allowed', 5],
      ['artifact-type', 9],
      ['unknown-placeholder', 10],
      ['missing-param', 12],
      ['unknown-node', 12],
    ]);
  });
});

describe('completion', () => {
  test('of outputs of included nodes by type, without those that would close a circle', async () => {
    expect(await labels('p.yaml', at('p.yaml', 'page: |', 'page: sales_page.page'))).toEqual([
      'measure.report',
      'sales_count.counts',
      'sales_page.page',
      'sales_low_last.made',
      'costs_count.counts',
      'costs_page.page',
      'costs_low_last.made',
    ]);
    expect(await labels('p.yaml', at('p.yaml', '{data: |}', '{data: measure.report}'))).toEqual([
      'measure.report',
      'costs_count.counts',
      'costs_page.page',
      'costs_low_last.made',
    ]);
    const before = at('p.yaml', 'measure: {component: Command, after: [|],', 'measure: {component: Command,');
    expect(await labels('p.yaml', before)).toEqual([]);
  });

  test('of what a fragment takes', async () => {
    expect(await labels('p.yaml', at('p.yaml', '{data: measure.report, |}', '{data: measure.report}'))).toEqual([
      'old',
    ]);
    expect(await labels('p.yaml', at('p.yaml', 'params: {title: Costs, |}', 'params: {title: Costs}'))).toEqual([
      'lines',
    ]);
  });

  test('of the fragments that can be included', async () => {
    const more = {
      'node_modules/x/f.yaml': FILES['parts/low.yaml'],
      'other.yaml': 'a: 1\n',
      'sp ace.yaml': 'nodes: {}\n',
    };
    const folder = project({ ...FILES, ...more });
    const here = async (name: Name, marked: string): Promise<readonly unknown[]> => {
      const items = await client.completion(...(await opened(name, marked, folder)));
      return items.map(({ label, textEdit }) => [
        label,
        textEdit && 'range' in textEdit && textEdit.range.end.character,
      ]);
    };
    const end = '  - file: parts/report.yaml'.length;
    expect(await here('p.yaml', at('p.yaml', 'file: par|ts/report.yaml'))).toEqual([
      ['parts/low.yaml', end],
      ['parts/report.yaml', end],
    ]);
    const inner = at('parts/report.yaml', '{file: |, as: low', '{file: parts/low.yaml, as: low');
    expect(await here('parts/report.yaml', inner)).toEqual([['parts/low.yaml', '  - {file: '.length]]);
  });

  test('of keys, inputs and types in a fragment', async () => {
    const name = 'parts/report.yaml';
    expect(await labels('parts/low.yaml', '# fragment.schema.json\n|')).toEqual(
      expect.arrayContaining(['inputs', 'params', 'include', 'nodes', 'description']),
    );
    expect(await labels('parts/low.yaml', '# fragment.schema.json\n|')).not.toContain('version');
    expect(await labels(name, at(name, '{type: |,', '{type: Model,'))).toEqual(expect.arrayContaining(['Examples']));
    expect(await labels(name, at(name, '{counts: |}', '{counts: count.counts}'))).toEqual([
      'inputs.data',
      'inputs.old',
      'count.counts',
    ]);
  });
});

test.each([
  ['p.yaml', 'other: costs_low_la|st', /node \*\*costs_low_last\*\*.*`costs_low_last\.made`: File/su],
  [
    'p.yaml',
    'other: cos|ts',
    /fragment \*\*costs\*\*: parts\/report.*A page on data.*`old`: Model, opt.*`costs_page`/su,
  ],
  ['p.yaml', 'page: sales_page.pa|ge', /\*\*sales_page\.page\*\*: File/u],
  ['p.yaml', '{ti|tle: Costs', /param \*\*title\*\*/u],
  ['p.yaml', '{da|ta: sales', /input \*\*data\*\*/u],
  ['parts/report.yaml', 'inputs.da|ta', /input \*\*data\*\*/u],
] as const)('documentation in %s at %s', async (name, marked, expected) => {
  expect(await client.hover(...(await opened(name, at(name, marked))))).toMatch(expected);
});

test.each([
  ['p.yaml', 'page: sales_pa|ge', ['parts/report.yaml:8:page']],
  ['p.yaml', 'page: sal|es_page', ['p.yaml:6:sales']],
  ['p.yaml', 'costs_low_la|st', ['parts/low.yaml:4:last']],
  ['p.yaml', 'costs_lo|w_last', ['parts/report.yaml:5:low']],
  ['p.yaml', 'nodes.sales_pa|ge', ['parts/report.yaml:8:page']],
  ['p.yaml', '{ti|tle: Costs', ['parts/report.yaml:2:title']],
  ['p.yaml', 'file: parts/rep|ort.yaml', ['parts/report.yaml:1:']],
  ['parts/report.yaml', 'inputs.da|ta', ['parts/report.yaml:3:data']],
  ['parts/report.yaml', 'parts/lo|w.yaml', ['parts/low.yaml:1:']],
] as const)('the definition of what stands in %s at %s', async (name, marked, expected) => {
  const folder = project();
  const places = await client.definition(...(await opened(name, at(name, marked), folder)));
  expect(shown(folder, places)).toEqual(expected);
});

describe('renaming', () => {
  /** All files after a rename, those that changed. */
  async function renamed(name: Name, marked: string, to: string): Promise<Readonly<Record<string, string>>> {
    const folder = project();
    const edit: WorkspaceEdit | null = await client.rename(...(await opened(name, at(name, marked), folder)), to);
    return Object.fromEntries(
      Object.entries(edit?.changes ?? {}).map(([uri, edits]) => {
        const changed = Object.keys(FILES).find((each) => uriIn(folder, each) === uri) as Name;
        return [changed, TextDocument.applyEdits(TextDocument.create(uri, 'yaml', 0, FILES[changed]), edits)];
      }),
    );
  }

  test.each([
    ['p.yaml', 'page: sales_pa|ge'],
    ['parts/report.yaml', '  pa|ge:'],
  ] as const)('an included node, from %s at %s', async (name, marked) => {
    expect(await renamed(name, marked, 'sheet')).toEqual({
      'p.yaml': FILES['p.yaml'].replaceAll('sales_page', 'sales_sheet'),
      'parts/report.yaml': FILES['parts/report.yaml'].replace('  page:', '  sheet:').replace('page.page', 'sheet.page'),
    });
  });

  test('a node of a fragment in all pipelines that include it, directly or not', async () => {
    expect(await renamed('parts/low.yaml', '  la|st:', 'final')).toEqual({
      'p.yaml': FILES['p.yaml'].replace('costs_low_last', 'costs_low_final'),
      'parts/low.yaml': FILES['parts/low.yaml'].replace('last:', 'final:'),
      'q.yaml': FILES['q.yaml'].replace('it_last', 'it_final'),
    });
  });

  test('a fragment, a param and an input of one', async () => {
    expect(await renamed('p.yaml', 'page: sal|es_page', 'sold')).toEqual({
      'p.yaml': FILES['p.yaml'].replace('as: sales', 'as: sold').replaceAll('sales_page', 'sold_page'),
    });
    expect(await renamed('parts/report.yaml', '{ti|tle: ', 'heading')).toEqual({
      'p.yaml': FILES['p.yaml'].replaceAll('title:', 'heading:'),
      'parts/report.yaml': FILES['parts/report.yaml'].replaceAll(/(params\.|\{)title/gu, '$1heading'),
    });
    expect(await renamed('p.yaml', '{da|ta: sales', 'facts')).toEqual({
      'p.yaml': FILES['p.yaml'].replaceAll('data:', 'facts:'),
      'parts/report.yaml': FILES['parts/report.yaml']
        .replace('{data: File', '{facts: File')
        .replace('inputs.data', 'inputs.facts'),
    });
  });

  test.each([
    ['p.yaml', 'page: sales_pa|ge', 'Count', /a node 'count' already/u],
    ['p.yaml', 'page: sal|es_page', 'costs', /a fragment 'costs' already/u],
    ['parts/report.yaml', '  pa|ge:', 'inputs', /what the fragment is given/u],
    ['parts/report.yaml', '  pa|ge:', 'x'.repeat(60), /cannot be the name of a node/u],
    ['parts/report.yaml', '  pa|ge:', 'low_last', /a node 'low_last' already/u],
  ] as const)('in %s at %s to %s is refused', async (name, marked, to, message) => {
    const [uri, position] = await opened(name, at(name, marked));
    await expect(client.rename(uri, position, to)).rejects.toThrow(message);
  });
});
