/**
 * A small pipeline with every kind of step, for tests that break it: a component of the package in a worker process, a
 * program, components in files of one's own in the runner's process and in a worker, and one that calls a user's module.
 * Those of one's own count how often they are executed, outside the store.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A component that writes what it reads, and a word. */
function component(name: string, runsIn: 'runner' | 'worker', inputs: readonly string[], write: string): string {
  const ports = inputs.map((port) => `${port}: input(artifactTypes.get('File')!)`).join(', ');
  return `
    import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    import { pathToFileURL } from 'node:url';
    import { artifactTypes, defineSpec, input, output, param } from 'tfjs-pipelines';
    import { decorate } from './decorate.js';

    export const spec = defineSpec({
      name: '${name}', doc: 'A step.', runsIn: '${runsIn}',
      inputs: { ${ports} },
      outputs: { text: output(artifactTypes.get('File')!) },
      params: { edit: param.module({ doc: 'What is done to the text.', optional: true }) },
    });

    export const execute = async ({ inputs, outputs, params, baseDir, metric, log }) => {
      appendFileSync(join(baseDir, '${name}.count'), 'x');
      const read = Object.values(inputs).map(({ path }) => readFileSync(join(path, 'data'), 'utf8')).join('+');
      let text = decorate(${write} + read);
      if (params.edit !== undefined) {
        const [file, name] = params.edit.split('#');
        text = (await import(pathToFileURL(join(baseDir, file)).href))[name](text);
      }
      writeFileSync(join(outputs.text.path, 'data'), text);
      if (spec.runsIn === 'worker') {
        mkdirSync(join(outputs.text.path, 'deep', 'er'), { recursive: true });
        writeFileSync(join(outputs.text.path, 'deep', 'er', 'copy'), text);
      }
      metric('length', text.length);
      outputs.text.setProperty('words', 1);
      log.info('written');
    };`;
}

const FILES: Readonly<Record<string, string>> = {
  'p.yaml': `
version: 1
name: small
nodes:
  examples:
    component: ExampleGen
    params: {source: {csv: {path: table.csv, label: kind}}}
  program:
    component: Command
    inputs: {examples: examples.examples}
    outputs: {text: File}
    params: {argv: [sh, program.sh, "\${inputs.examples}", "\${outputs.text}"]}
  inside:
    component: ./own/inside.ts
  beside:
    component: ./own/beside.ts
    inputs: {one: program.text, two: inside.text}
  edited:
    component: ./own/edited.ts
    inputs: {one: beside.text}
    params: {edit: "modules/edit.mjs#shout"}
`,
  'table.csv': 'kind,size\na,1\nb,2\na,3\nb,4\na,5\nb,6\n',
  'program.sh': 'printf x >> program.count\necho working\nls "$1" > "$2/data"\n',
  'own/inside.ts': component('inside', 'runner', [], "'inside'"),
  'own/beside.ts': component('beside', 'worker', ['one', 'two'], "'beside'"),
  'own/edited.ts': component('edited', 'runner', ['one'], "'edited'"),
  'own/decorate.ts': 'export const decorate = (text: string): string => `<${text}>`;',
  'modules/edit.mjs': "import { mark } from './mark.mjs';\nexport const shout = (text) => text.toUpperCase() + mark;\n",
  'modules/mark.mjs': "export const mark = '!';\n",
};

/** Nodes that count their executions. */
export const COUNTED: readonly string[] = ['program', 'inside', 'beside', 'edited'];

/** Writes the pipeline `p.yaml` and all that it needs into a folder. */
export function writeSmallPipeline(folder: string): void {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** How often a node was executed. */
export function executions(folder: string, node: string): number {
  const path = join(folder, `${node}.count`);
  return existsSync(path) ? readFileSync(path, 'utf8').length : 0;
}
