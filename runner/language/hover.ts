/**
 * What is told of the word at an offset.
 */
import { artifactTypes } from '../../artifacts/types.js';
import type { SourceRange } from '../source/source-file.js';
import type { FileSchema } from './file-schema.js';
import { componentText, fragmentText, inputText, keyText, nodeText, paramText } from './markdown.js';
import type { Occurrence } from './occurrences.js';
import { textOf, type Outline } from './outline.js';
import { spotAt, type Spot } from './spot.js';

/** A text about a stretch of the document. */
export interface HoverText {
  readonly range: SourceRange;
  readonly markdown: string;
}

/** The file that an occurrence is defined in: this one, or a fragment that it includes. */
function ownerOf(path: string, outline: Outline): Outline | undefined {
  if (outline.path === path) return outline;
  for (const { outline: inner } of outline.includes) {
    const found = ownerOf(path, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function occurrenceText({ kind, name, owner, range }: Occurrence, outline: Outline): string | undefined {
  const defining = ownerOf(owner, outline);
  switch (kind) {
    case 'node': {
      // Under its name here, where it stands in a fragment.
      const written = /[\w-]*$/u.exec(range.file.text.slice(0, range.end))?.[0] ?? '';
      const node = outline.nodes.get(written) ?? defining?.nodes.get(name);
      return node && nodeText(node);
    }
    case 'param': {
      const param = defining?.params.get(name);
      return param && paramText(param);
    }
    case 'input': {
      const input = defining?.inputs.get(name);
      return input && inputText(input);
    }
    case 'fragment': {
      const include = defining?.includes.find(({ as }) => as.value === name);
      return include && fragmentText(include);
    }
  }
}

/** The type of `node.output`. */
function outputText(spot: Spot, { nodes }: Outline): string | undefined {
  const [section, , key] = spot.path;
  const isInput = (section === 'nodes' || section === 'include') && key === 'inputs';
  const reference = isInput ? textOf(spot.value) : undefined;
  const [name = '', output = ''] = reference?.split('.') ?? [];
  const type = artifactTypes.get(nodes.get(name)?.outputs[output] ?? '');
  return type && `**${name}.${output}**: ${type.name}\n\n${type.doc}`;
}

/**
 * The text for an offset.
 *
 * @param occurrence - what is named there
 */
export function hover(
  offset: number,
  outline: Outline,
  occurrence: Occurrence | undefined,
  schema: FileSchema,
): HoverText | undefined {
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
