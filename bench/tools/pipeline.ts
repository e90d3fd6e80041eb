/**
 * This project, with its tasks as Command nodes (the same program as the others start), or as nodes that execute a small
 * component in the runner's process.
 */
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFile } from '../rig/install.js';
import { CHAINS, type Tool } from './tool.js';

const MAIN = resolve('dist/runner/cli/main.cjs');

const COMPONENT = `import { writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, input, output, param, type Executor } from 'tfjs-pipelines';

const File = artifactTypes.get('File')!;

export const spec = defineSpec({
  name: 'Write',
  doc: 'Writes a text.',
  inputs: { previous: input(File, { optional: true }) },
  outputs: { out: output(File) },
  params: { text: param.string({ doc: 'what is written' }) },
});

export const execute: Executor<typeof spec> = async ({ outputs, params }) => {
  writeFileSync(outputs.out.path + '/out.txt', params.text);
};
`;

function pipelineFile(tasks: number, node: (i: number) => string): string {
  const nodes = Array.from({ length: tasks }, (_, i) => {
    const previous = i < CHAINS ? '' : `    inputs: {previous: t${String(i - CHAINS)}.out}\n`;
    return `  t${String(i)}:\n${previous}${node(i)}`;
  });
  return `version: 1\nname: bench\nnodes:\n${nodes.join('')}`;
}

const base: Pick<Tool, 'most' | 'install' | 'program' | 'reword'> = {
  most: 10_000,
  install: () => Promise.resolve('this tree'),
  program: (folder) => ({ argv: [process.execPath, MAIN, 'run', 'pipeline.yaml'], cwd: folder }),
  reword: (folder) => {
    appendFileSync(join(folder, 'pipeline.yaml'), '# a comment\n');
  },
};

/** Every task starts a program. */
export const commands: Tool = {
  ...base,
  name: 'tfjs-pipelines',
  write: (folder, tasks) => {
    for (let i = 0; i < tasks; i++) writeFile(folder, join('in', `${String(i)}.txt`), `x${String(i)}\n`);
    const file = pipelineFile(
      tasks,
      (i) =>
        `    component: Command\n    outputs: {out: File}\n    params: {argv: [cp, in/${String(i)}.txt, "\${outputs.out}/out.txt"]}\n`,
    );
    writeFile(folder, 'pipeline.yaml', file);
  },
};

/** Every task is a function call. */
export const inProcess: Tool = {
  ...base,
  name: 'tfjs-pipelines, in process',
  write: (folder, tasks) => {
    writeFile(folder, 'write.ts', COMPONENT);
    const file = pipelineFile(tasks, (i) => `    component: ./write.ts\n    params: {text: x${String(i)}}\n`);
    writeFile(folder, 'pipeline.yaml', file);
  },
};

/** The same as instances of one node, which depend on nothing. */
export const instances: Tool = {
  ...base,
  name: 'tfjs-pipelines, for_each',
  write: (folder, tasks) => {
    writeFile(folder, 'write.ts', COMPONENT);
    const texts = Array.from({ length: tasks }, (_, i) => `x${String(i)}`);
    const node =
      '  t:\n    for_each: {text: [' +
      texts.join(', ') +
      ']}\n    component: ./write.ts\n    params: {text: "${each.text}"}\n';
    writeFile(folder, 'pipeline.yaml', `version: 1\nname: bench\nnodes:\n${node}`);
  },
};
