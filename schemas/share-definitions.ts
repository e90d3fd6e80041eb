/**
 * Makes a JSON Schema small: parts that occur several times are written once, under `$defs`, and referred to.
 */
import { isMapping } from '../artifacts/mapping.js';
import type { JsonSchema } from '../components/params.js';

/** Fewest characters of JSON that are worth a definition. */
const WORTHWHILE = 200;

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'additionalProperties', 'propertyNames', 'if', 'then'];
const LIST = ['anyOf', 'allOf'];
const BY_NAME = ['properties', '$defs'];

/** The schema with each of the schemas directly inside it replaced. */
function replaceInside(schema: JsonSchema, replace: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const each = (value: unknown): unknown => (isMapping(value) ? replace(value) : value);
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (ONE.includes(keyword)) return [keyword, each(value)];
      if (LIST.includes(keyword) && Array.isArray(value)) return [keyword, value.map(each)];
      if (BY_NAME.includes(keyword) && isMapping(value)) {
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(inner)]))];
      }
      return [keyword, value];
    }),
  );
}

/** Moves what occurs several times to `$defs`; the schema means the same. */
export function shareDefinitions(schema: JsonSchema): JsonSchema {
  const counts = new Map<string, number>();
  const count = (inner: JsonSchema): JsonSchema => {
    const text = JSON.stringify(inner);
    const known = counts.get(text) ?? 0;
    counts.set(text, known + 1);
    // What is inside a repeated part is repeated with it, and need not be counted again.
    return known > 0 ? inner : replaceInside(inner, count);
  };
  replaceInside(schema, count);

  const shared = new Map<string, string>();
  const definitions: Record<string, JsonSchema> = {};
  const replace = (inner: JsonSchema): JsonSchema => {
    const text = JSON.stringify(inner);
    if (text.length < WORTHWHILE || (counts.get(text) ?? 0) < 2) return replaceInside(inner, replace);
    let name = shared.get(text);
    if (name === undefined) {
      name = `shared-${String(shared.size + 1)}`;
      shared.set(text, name);
      definitions[name] = replaceInside(inner, replace);
    }
    return { $ref: `#/$defs/${name}` };
  };
  const { $defs, ...rest } = schema;
  const root = replaceInside(rest, replace);
  const own = replaceInside({ $defs: $defs ?? {} }, (inner) => replaceInside(inner, replace));
  return { ...root, $defs: { ...(own['$defs'] as JsonSchema), ...definitions } };
}
