/**
 * What is told of the word at an offset.
 */
import { artifactTypes } from '../../artifacts/types.js';
import type { SourceRange } from '../source/source-file.js';
import type { FileSchema } from './file-schema.js';
import { componentText, keyText, nodeText, paramText } from './markdown.js';
import type { Occurrence } from './occurrences.js';
import { textOf, type Outline } from './outline.js';
import { contains, spotAt, type Spot } from './spot.js';

/** A text about a stretch of the document. */
export interface HoverText {
  readonly range: SourceRange;
  readonly markdown: string;
}

function occurrenceText({ kind, name }: Occurrence, { nodes, params }: Outline): string | undefined {
  const node = kind === 'node' ? nodes.get(name) : undefined;
  if (node !== undefined) return nodeText(node);
  const param = kind === 'param' ? params.get(name) : undefined;
  return param && paramText(param);
}

/** The type of `node.output`. */
function outputText(spot: Spot, { nodes }: Outline): string | undefined {
  const [section, , key] = spot.path;
  const reference = section === 'nodes' && key === 'inputs' ? textOf(spot.value) : undefined;
  const [name = '', output = ''] = reference?.split('.') ?? [];
  const type = artifactTypes.get(nodes.get(name)?.outputs[output] ?? '');
  return type && `**${name}.${output}**: ${type.name}\n\n${type.doc}`;
}

/** The text for an offset. */
export function hover(
  offset: number,
  outline: Outline,
  occurrences: readonly Occurrence[],
  schema: FileSchema,
): HoverText | undefined {
  const occurrence = occurrences.find(({ range }) => contains(range, offset));
  const known = occurrence && occurrenceText(occurrence, outline);
  if (occurrence !== undefined && known !== undefined) return { range: occurrence.range, markdown: known };
  const spot = spotAt(outline.root, offset);
  if (spot === undefined) return undefined;
  if (spot.part === 'key' && spot.entry !== undefined) {
    const name = String(spot.path.at(-1));
    const key = schema.keysAt(spot.path.slice(0, -1), outline).find((each) => each.name === name);
    return key && { range: spot.entry.keyRange, markdown: keyText(name, key.schema) };
  }
  const { range } = spot.value;
  const [section, node, key] = spot.path;
  const isComponent = section === 'nodes' && key === 'component' && spot.path.length === 3;
  const spec = isComponent ? outline.nodes.get(String(node))?.spec : undefined;
  const markdown = spec === undefined ? outputText(spot, outline) : componentText(spec);
  return markdown === undefined ? undefined : { range, markdown };
}
