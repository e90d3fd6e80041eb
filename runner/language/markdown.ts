/**
 * What is told of components, params, ports and nodes while one writes, as Markdown.
 */
import type { ComponentSpec } from '../../components/component-spec.js';
import type { JsonSchema } from '../../components/params.js';
import { typeText } from '../reporting/component-reference.js';
import type { LocatedEntry } from '../config/located.js';
import { inputType, textOf, valueIn, type OutlineInclude, type OutlineNode } from './outline.js';

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** A component with its ports. */
export function componentText({ name, doc, inputs, outputs }: ComponentSpec): string {
  const ins = Object.entries(inputs).map(
    ([port, { type, optional, list }]) =>
      `- ${code(port)}: ${type.name}${list ? ', one or several' : ''}${optional ? ', optional' : ''}`,
  );
  const outs = Object.entries(outputs).map(([port, { type }]) => `- ${code(port)}: ${type.name}`);
  return [
    `**${name}**: ${doc}`,
    ...(ins.length === 0 ? [] : ['', 'Inputs:', ...ins]),
    ...(outs.length === 0 ? [] : ['', 'Outputs:', ...outs]),
  ].join('\n');
}

/** A key by its schema: type, default, documentation. */
export function keyText(name: string, schema: JsonSchema): string {
  const { description, default: standard } = schema;
  const kind = typeText(schema);
  const presence = standard === undefined ? '' : `, default ${code(JSON.stringify(standard))}`;
  const doc = typeof description === 'string' && description !== '' ? `\n\n${description}` : '';
  return `**${name}**: ${kind === 'any value' ? '' : code(kind)}${presence}${doc}`.replace(': \n', '\n');
}

/** A node: its component and what comes out. */
export function nodeText({ name, spec, outputs }: OutlineNode): string {
  const outs = Object.entries(outputs).map(([port, type]) => `- ${code(`${name}.${port}`)}: ${type}`);
  return [
    `node **${name}**${spec === undefined ? '' : `: ${spec.name}`}`,
    ...(spec === undefined ? [] : ['', spec.doc]),
    ...(outs.length === 0 ? [] : ['', ...outs]),
  ].join('\n');
}

function definitionText(kind: string, { key, value }: LocatedEntry): string {
  const { file, start, end } = value.range;
  return `${kind} **${key}**\n\n\`\`\`yaml\n${key}: ${file.text.slice(start, end).trimEnd()}\n\`\`\``;
}

/** A param of the pipeline or fragment, as it is defined. */
export function paramText(param: LocatedEntry): string {
  return definitionText('param', param);
}

/** An input of a fragment, as it is declared. */
export function inputText(input: LocatedEntry): string {
  return definitionText('input', input);
}

/** A fragment where it is included: what it takes and what comes out. */
export function fragmentText({ as, file, outline }: OutlineInclude): string {
  const about = textOf(valueIn(outline.root, 'description'));
  const inputs = [...outline.inputs.values()].map((input) => {
    const optional = valueIn(input.value, 'optional');
    const isOptional = optional?.kind === 'scalar' && optional.value === true;
    return `- ${code(input.key)}: ${inputType(input) ?? 'unknown'}${isOptional ? ', optional' : ''}`;
  });
  const nodes = [...outline.nodes.keys()].map((name) => `- ${code(`${as.value}_${name}`)}`);
  return [
    `fragment **${as.value}**: ${file.value}`,
    ...(about === undefined ? [] : ['', about]),
    ...(inputs.length === 0 ? [] : ['', 'Inputs:', ...inputs]),
    ...(nodes.length === 0 ? [] : ['', 'Nodes:', ...nodes]),
  ].join('\n');
}
