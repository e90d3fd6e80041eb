/**
 * What a step came to, as machines tell each other: outputs by digest, metrics, and who made it. It is found by the
 * fingerprint of the step, and believed only as far as it goes: every digest is verified, and who has a key asks for a
 * signature.
 */
import { sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import { isDigest } from '../digest.js';
import { mappingOf, type Mapping } from '../mapping.js';
import type { ResourceUse, Timings } from '../metadata/records.js';
import type { Digest } from '../store/artifact-store.js';
import { artifactTypes, type Properties, type PropertyValue } from '../types.js';

/** An output of a step. */
export interface ResultOutput {
  readonly port: string;
  readonly index: number;
  readonly type: string;
  readonly digest: Digest;
  readonly properties: Properties;
}

/** A result. */
export interface ResultRecord {
  readonly version: 1;
  readonly fingerprint: Digest;
  readonly outputs: readonly ResultOutput[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly timings: Timings;
  readonly resources: Partial<ResourceUse>;
  /** Who made it, for people. */
  readonly made: { readonly pipeline: string; readonly node: string; readonly run: number; readonly host: string };
}

/** Why a record is not believed. */
export type RecordFault = 'malformed' | 'not signed by the expected key';

/**
 * Writes a record down.
 *
 * @param key - a private Ed25519 key to sign it with (RFC 8032)
 */
export function encodeResult(record: ResultRecord, key: KeyObject | undefined): string {
  const text = canonicalJson(record);
  const signature = key === undefined ? undefined : sign(null, Buffer.from(text), key).toString('base64');
  return canonicalJson({ record: text, ...(signature === undefined ? {} : { signature }) });
}

function numbers(value: unknown, keys?: readonly string[]): Readonly<Record<string, number>> | undefined {
  const found = mappingOf(value);
  if (found === undefined) return undefined;
  const entries = Object.entries(found);
  const fits = entries.every(([, number]) => typeof number === 'number' && Number.isFinite(number));
  return fits && (keys ?? []).every((key) => Object.hasOwn(found, key))
    ? (found as Readonly<Record<string, number>>)
    : undefined;
}

function isProperty(value: unknown): value is PropertyValue {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

function output(value: unknown): ResultOutput | undefined {
  const { port, index, type, digest, properties } = mappingOf(value) ?? {};
  const known = mappingOf(properties);
  const fits =
    typeof port === 'string' &&
    Number.isSafeInteger(index) &&
    typeof type === 'string' &&
    artifactTypes.has(type) &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    known !== undefined &&
    Object.values(known).every(isProperty);
  return fits ? { port, index: index as number, type, digest, properties: known as Properties } : undefined;
}

function parsed(text: string): Mapping {
  try {
    return mappingOf(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

/**
 * Reads a record that comes from anywhere.
 *
 * @param key - the public Ed25519 key of those whose records are believed; undefined believes all who can write
 */
export function decodeResult(
  text: string,
  fingerprint: Digest,
  key: KeyObject | undefined,
): ResultRecord | RecordFault {
  const { record, signature } = parsed(text);
  if (typeof record !== 'string') return 'malformed';
  if (key !== undefined) {
    const given = typeof signature === 'string' ? Buffer.from(signature, 'base64') : Buffer.alloc(0);
    if (!verify(null, Buffer.from(record), key, given)) return 'not signed by the expected key';
  }
  const found = parsed(record);
  const outputs = Array.isArray(found['outputs']) ? found['outputs'].map(output) : [undefined];
  const metrics = numbers(found['metrics']);
  const timings = numbers(found['timings'], ['queuedMs', 'executeMs', 'publishMs']);
  const resources = numbers(found['resources']);
  const { pipeline, node, run, host } = mappingOf(found['made']) ?? {};
  if (
    found['version'] !== 1 ||
    found['fingerprint'] !== fingerprint ||
    !outputs.every((each) => each !== undefined) ||
    metrics === undefined ||
    timings === undefined ||
    resources === undefined ||
    typeof pipeline !== 'string' ||
    typeof node !== 'string' ||
    typeof run !== 'number' ||
    typeof host !== 'string'
  ) {
    return 'malformed';
  }
  return {
    version: 1,
    fingerprint,
    outputs,
    metrics,
    timings: timings as unknown as Timings,
    resources,
    made: { pipeline, node, run, host },
  };
}
