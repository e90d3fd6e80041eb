/**
 * What makes a step re-run: a document that names every ingredient of its outcome. Hashing happens at the edge, over
 * canonical JSON. Names of nodes and pipelines, retries, timeouts, paths, times and the machine are not in it.
 */
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { isDigest, sha256Hex } from '../../artifacts/digest.js';
import type { FingerprintRecord } from '../../artifacts/metadata/metadata-store.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { CodeParts } from '../../components/code-parts.js';
import { isMapping } from '../../artifacts/mapping.js';

/** Raised whenever the document's form or meaning changes, so that old entries no longer match. */
export const FINGERPRINT_VERSION = 1;

/** Every ingredient of a step's outcome. */
export interface FingerprintDocument {
  readonly version: typeof FINGERPRINT_VERSION;
  /** The component's name and the digest of its code: the same params mean something else in other code. */
  readonly component: { readonly name: string; readonly code: Digest };
  /** After interpolation, with defaults. A path stands as `{content: digest}`, user code as `{module: digest, name}`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Digests by port and position: what comes in counts, not who made it. */
  readonly inputs: Readonly<Record<string, readonly Digest[]>>;
  /** Digests of files that are named without being params of their own, such as scripts in a Command's argv. */
  readonly files: Readonly<Record<string, Digest>>;
  readonly env: Readonly<Record<string, string>>;
  readonly seed: number;
  /** TensorFlow backends round differently; left out where the component does not compute with one. */
  readonly backend?: { readonly name: string; readonly version: string };
  /** Types of the outputs that the pipeline file declares; left out where the component declares them. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** For components with effects outside the store: the folder that relative destinations start from. */
  readonly place?: string;
}

/** Places of ingredients in the pipeline file, `file:line:column` by the ingredient's path. */
export type IngredientPlaces = Readonly<Record<string, string>>;

/** Declarations of user code by the ingredient's path: what tells which function has changed. */
export type IngredientCode = Readonly<Record<string, CodeParts>>;

/** What is kept beside a document, outside the hash. */
export interface IngredientSources {
  readonly places: IngredientPlaces;
  readonly code: IngredientCode;
}

/** Hashes a document for keeping. */
export function fingerprintRecord(document: FingerprintDocument, sources: IngredientSources): FingerprintRecord {
  const text = canonicalJson(document);
  return { digest: sha256Hex(text), document: text, sources: canonicalJson(sources) };
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}

/** Reads back a document; an empty one when it is damaged. */
export function readDocument({ document }: FingerprintRecord): unknown {
  return parsed(document);
}

/** Reads back what is kept beside a document; nothing of what is damaged. */
export function readSources({ sources }: FingerprintRecord): IngredientSources {
  const { places, code } = parsed(sources);
  return {
    places: isMapping(places) ? (places as IngredientPlaces) : {},
    code: isMapping(code) ? (code as IngredientCode) : {},
  };
}

/** The place of an ingredient, or of what it is part of. */
export function placeOf(path: string, places: IngredientPlaces): string | undefined {
  for (let part = path; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    const place = Object.hasOwn(places, part) ? places[part] : undefined;
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The leaves of a document by path, in the document's order: `params.epochs`, `inputs.examples.0`. */
export function ingredients(document: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
      for (const [key, item] of Object.entries(value)) visit(item, path === '' ? key : `${path}.${key}`);
    } else {
      leaves.set(path, JSON.stringify(value));
    }
  };
  visit(document, '');
  return leaves;
}

/** Digests of the user code that a document names; none of what is damaged. */
export function userCodeOf(record: FingerprintRecord): readonly Digest[] {
  const leaves = ingredients(readDocument(record));
  return Object.keys(readSources(record).code).flatMap((path) => {
    const digest: unknown = JSON.parse(leaves.get(path) ?? 'null');
    return typeof digest === 'string' && isDigest(digest) ? [digest] : [];
  });
}

/** One ingredient that differs between two documents; undefined where a document lacks it. */
export interface IngredientChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Ingredients that differ, ordered by path in code units. */
export function changedIngredients(before: unknown, after: unknown): readonly IngredientChange[] {
  const old = ingredients(before);
  const now = ingredients(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
}
