/**
 * `pipeline complete -- WORD…`: what the last word can become, one candidate a line, with a tab and a few words about it.
 * The scripts of `pipeline completion` call it. No candidate means: leave it to the shell.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command as Parser, Option } from 'commander';
import { builtinNames } from '../../../components/registry.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { CompleteArguments } from '../arguments.js';
import { findStore } from '../open-store.js';

/** A word, and what is said about it. */
type Candidate = readonly [word: string, about?: string];

/** Runs whose numbers are offered. */
const OFFERED_RUNS = 20;

/** Where the last word stands. */
interface Position {
  readonly command: Parser;
  /** The option whose value it is. */
  readonly option: Option | undefined;
  /** Operands before it. */
  readonly operands: readonly string[];
}

function optionOf(command: Parser, program: Parser, word: string): Option | undefined {
  return [...command.options, ...program.options].find(({ short, long }) => word === short || word === long);
}

/** Reads the words before the last one as the parser would, without their being complete. */
function positionOf(program: Parser, before: readonly string[]): Position {
  let command = program;
  let option: Option | undefined;
  const operands: string[] = [];
  for (const word of before) {
    if (option !== undefined) option = undefined;
    else if (word.startsWith('-')) {
      const found = optionOf(command, program, word);
      option = found?.required === true || found?.optional === true ? found : undefined;
    } else {
      const named = command === program ? program.commands.find((each) => each.name() === word) : undefined;
      if (named === undefined) operands.push(word);
      else command = named;
    }
  }
  return { command, option, operands };
}

async function yamlFiles(cwd: string): Promise<readonly Candidate[]> {
  const folders = [cwd, join(cwd, 'pipelines')].map((folder) => readdir(folder).catch(() => []));
  const names = (await Promise.all(folders)).flat().filter((name) => /\.ya?ml$/u.test(name));
  return [...new Set(names)].sort().map((name) => [name]);
}

/** Nodes and params of a pipeline file with its fragments, however unfinished it is. */
async function inFile(
  file: string,
  cwd: string,
): Promise<{ nodes: readonly Candidate[]; params: readonly Candidate[] }> {
  const [{ readSourceFile, readText }, { noComponents, readOutline }] = await Promise.all([
    import('../../config/read-source-file.js'),
    import('../../language/outline.js'),
  ]);
  const read = await readSourceFile(file, cwd);
  if (!read.ok) return { nodes: [], params: [] };
  const { file: source, absolute: path } = read.value;
  const options = { file: source, path, baseDir: dirname(path), find: noComponents, read: readText };
  const { nodes, params } = await readOutline(options);
  return { nodes: [...nodes.keys()].map((name) => [name]), params: [...params.keys()].map((name) => [`${name}=`]) };
}

/** What the store knows; nothing where there is none. */
function inStore(kind: 'node' | 'run' | 'pipeline', environment: Environment): readonly Candidate[] {
  const store = findStore(environment);
  if (store === undefined) return [];
  const { metadata } = store;
  try {
    const runs = metadata.runs({ limit: OFFERED_RUNS });
    switch (kind) {
      case 'run':
        return runs.map(({ id, pipeline, state }) => [String(id), `${pipeline}, ${state.toLowerCase()}`]);
      case 'pipeline':
        return [...new Set(runs.map(({ pipeline }) => pipeline))].map((name) => [name]);
      case 'node': {
        const [latest] = runs;
        const executions = latest === undefined ? [] : metadata.executionsOf(latest.id);
        return executions.map(({ execution }) => [execution.node, execution.component]);
      }
    }
  } finally {
    metadata.close();
  }
}

/** What a place that is called so in the help can hold. */
async function valuesOf(
  kind: string,
  { command, operands }: Position,
  environment: Environment,
): Promise<readonly Candidate[]> {
  const { cwd } = environment;
  const readsFile = command.registeredArguments[0]?.name() === 'file';
  const [file] = operands;
  switch (kind) {
    case 'node':
    case 'step':
      if (!readsFile) return inStore('node', environment);
      return file === undefined ? [] : (await inFile(file, cwd)).nodes;
    case 'name=value':
      return file === undefined ? [] : (await inFile(file, cwd)).params;
    case 'run':
      return inStore('run', environment);
    case 'pipeline-file':
      return await yamlFiles(cwd);
    case 'name':
      return command.name() === 'components' ? builtinNames.map((name) => [name]) : inStore('pipeline', environment);
    default:
      return [];
  }
}

async function candidates(
  { program, words }: CompleteArguments,
  environment: Environment,
): Promise<readonly Candidate[]> {
  const last = words.at(-1) ?? '';
  const position = positionOf(program, words.slice(0, -1));
  const { command, option, operands } = position;
  if (option !== undefined) {
    const kind = /<([^>]+)>/u.exec(option.flags)?.[1] ?? '';
    return option.argChoices?.map((choice): Candidate => [choice]) ?? (await valuesOf(kind, position, environment));
  }
  if (last.startsWith('-')) {
    const options = [...command.options, ...(command === program ? [] : program.options)];
    const help = ['--help', 'print help'] as const;
    return [...options.map(({ long, description }): Candidate => [long ?? '', description]), help];
  }
  if (command === program && operands.length === 0) {
    const shown = program.createHelp().visibleCommands(program);
    return shown.map((each) => [each.name(), each.description()]);
  }
  const args = command.registeredArguments;
  const argument = args[operands.length] ?? (args.at(-1)?.variadic === true ? args.at(-1) : undefined);
  if (argument === undefined) return [];
  const kind = argument.name() === 'file' ? 'pipeline-file' : argument.name();
  return argument.argChoices?.map((choice): Candidate => [choice]) ?? (await valuesOf(kind, position, environment));
}

export const command: Command<CompleteArguments> = async (args, environment) => {
  const last = args.words.at(-1) ?? '';
  // What is told on the way would stand in the middle of the line that is being typed.
  const silent = { ...environment.stderr, write: () => undefined };
  const quiet = Object.create(environment, { stderr: { value: silent } }) as Environment;
  for (const [word, about] of await candidates(args, quiet)) {
    if (word === '' || !word.startsWith(last)) continue;
    environment.stdout.write(about === undefined ? `${word}\n` : `${word}\t${about.replaceAll(/\s+/gu, ' ')}\n`);
  }
  return EXIT.done;
};
