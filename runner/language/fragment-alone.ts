/**
 * A pipeline that includes a fragment and nothing else: a fragment that no pipeline includes yet is checked with it.
 */
import { plain, type Located, type LocatedEntry } from '../config/located.js';
import { inputType, mappingIn, valueIn } from './outline.js';

/** A text that includes the fragment, and the names of its params that have a value in it that nobody gave. */
export interface LonePipeline {
  readonly text: string;
  readonly invented: ReadonlySet<string>;
}

/** Some value that a definition allows; undefined where it has a default. */
function someValue({ value }: LocatedEntry): unknown {
  if (value.kind !== 'mapping' || valueIn(value, 'default') !== undefined) return undefined;
  const constraint = (key: string): unknown => {
    const found = valueIn(value, key);
    return found && plain(found);
  };
  const [first] = (constraint('enum') ?? []) as readonly unknown[];
  if (first !== undefined) return first;
  switch (constraint('type')) {
    case 'integer':
    case 'number':
      return constraint('minimum') ?? Math.min(1, Number(constraint('maximum') ?? 1));
    case 'boolean':
      return true;
    // What can be anything can be a list, which `for_each` needs.
    case 'list':
    case 'any':
      return [1];
    case 'mapping':
      return {};
    default:
      return 'x';
  }
}

/**
 * Writes it: each input comes from a node that makes what it takes, each param has some value.
 *
 * @param file - path of the fragment from the folder of the pipeline
 */
export function pipelineFor(file: string, root: Located | undefined): LonePipeline {
  const inputs: Record<string, string> = {};
  const nodes: Record<string, unknown> = {};
  for (const entry of mappingIn(root, 'inputs')?.entries ?? []) {
    const type = inputType(entry);
    if (type === undefined) continue;
    const node = `given${String(Object.keys(inputs).length)}`;
    inputs[entry.key] = `${node}.made`;
    nodes[node] = { component: 'Command', outputs: { made: type }, params: { argv: ['x'] } };
  }
  const params: Record<string, unknown> = {};
  for (const entry of mappingIn(root, 'params')?.entries ?? []) {
    const value = someValue(entry);
    if (value !== undefined) params[entry.key] = value;
  }
  const some = Object.keys(nodes).length > 0 ? { nodes } : {};
  const pipeline = { version: 1, name: 'alone', include: [{ file, as: 'x', params, inputs }], ...some };
  return { text: JSON.stringify(pipeline), invented: new Set(Object.keys(params)) };
}
