/**
 * Mappings among values that came from a file or another program.
 */

/** Values by name, of which nothing is known yet. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping, not a list and not null. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value that is a mapping; undefined for any other. */
export function mappingOf(value: unknown): Mapping | undefined {
  return isMapping(value) ? value : undefined;
}
