/**
 * The reference pages, from the declarations of the commands and the specs of the components: what the program itself
 * goes by.
 */
import { Command as Parser, type Option } from 'commander';
import type { ComponentSpec } from '../components/component-spec.js';
import type { JsonSchema } from '../components/params.js';
import { builtinNames, componentFinder } from '../components/registry.js';
import { declareCommands } from '../runner/cli/declarations/commands.js';
import { keysInside, typeText } from '../runner/reporting/component-reference.js';

/** Deepest nesting of params that a page lists; below it stand trees that repeat themselves. */
const DEEPEST = 4;

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function optionLine({ flags, description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const standard: unknown = defaultValueDescription ?? defaultValue;
  const isSaid = description.includes('default') || standard === undefined || standard === false;
  const isEmpty = Array.isArray(standard) && standard.length === 0;
  const notes = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(isSaid || isEmpty || standard === true ? [] : [`default ${JSON.stringify(standard)}`]),
  ];
  return `| ${cell(code(flags)).replaceAll('&lt;', '<')} | ${cell(description)}${notes.length === 0 ? '' : `; ${cell(notes.join('; '))}`} |`;
}

function commandSection(command: Parser): string {
  const operands = command.registeredArguments.filter(({ description }) => description !== '');
  const table = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', `| ${title} | |`, '| --- | --- |', ...lines];
  return [
    `### ${command.name()}`,
    '',
    `${code(`pipeline ${command.name()} ${command.usage()}`)}: ${command.description()}.`,
    ...table(
      'operand',
      operands.map((argument) => `| ${code(argument.name())} | ${cell(argument.description)} |`),
    ),
    ...table('option', command.options.map(optionLine)),
  ].join('\n');
}

/** The page of all commands, in the groups in which `--help` has them. */
export function commandsReference(): string {
  const program = new Parser('pipeline');
  declareCommands(program, () => Promise.resolve());
  const shown = program.createHelp().visibleCommands(program);
  const groups = new Map<string, Parser[]>();
  for (const command of shown) {
    if (command.name() === 'help') continue;
    const group = command.helpGroup().replace(/:$/u, '');
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  const sections = [...groups].map(([group, commands]) =>
    [`## ${group}`, ...commands.map(commandSection)].join('\n\n'),
  );
  return [
    '# Commands',
    'Every command takes `--root DIR`, the folder of the store (default: `$PIPELINE_ROOT`, else `.pipeline`), and `--json`,\nwhich makes it answer in JSON.',
    ...sections,
    '',
  ].join('\n\n');
}

function paramLines(name: string, schema: JsonSchema, required: boolean | undefined, depth: number): readonly string[] {
  const { description, default: standard } = schema;
  const presence =
    required === true ? ', **required**' : standard === undefined ? '' : `, default ${code(JSON.stringify(standard))}`;
  const doc = typeof description === 'string' && description !== '' ? `. ${description}` : '';
  const inside = depth >= DEEPEST ? [] : keysInside(schema);
  return [
    `${'  '.repeat(depth)}- ${code(name)}: ${typeText(schema).replaceAll('*', '\\*')}${presence}${doc.replaceAll('\n', ' ')}`,
    ...inside.flatMap(([key, inner, needed]) => paramLines(key, inner, needed, depth + 1)),
  ];
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, '', ...lines];
}

function componentSection(spec: ComponentSpec): string {
  const inputs = Object.entries(spec.inputs).map(
    ([name, { type, optional, list: several, doc }]) =>
      `- ${code(name)}: ${type.name}${several ? ', one or several' : ''}${optional ? ', optional' : ''}. ${doc}`,
  );
  const outputs = Object.entries(spec.outputs).map(([name, { type, doc }]) => `- ${code(name)}: ${type.name}. ${doc}`);
  const declared = '- declared in the pipeline file';
  return [
    `## ${spec.name}`,
    '',
    spec.doc,
    ...list('Inputs', spec.ports === 'declared' ? [declared, ...inputs] : inputs),
    ...list('Outputs', spec.ports === 'fixed' ? outputs : [declared, ...outputs]),
    ...list(
      'Params',
      Object.entries(spec.params).flatMap(([name, param]) => paramLines(name, param.jsonSchema(), !param.optional, 0)),
    ),
  ].join('\n');
}

/** The page of all components that come with the package. */
export async function componentsReference(): Promise<string> {
  const find = componentFinder('.');
  const sections: string[] = [];
  for (const name of builtinNames) {
    const found = await find(name);
    if (!found.found) throw new Error(found.message);
    sections.push(componentSection(found.spec));
  }
  return [
    '# Components',
    'What goes in, what comes out, and every param; `pipeline components NAME` prints the same.',
    ...sections,
    '',
  ].join('\n\n');
}
