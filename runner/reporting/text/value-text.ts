/**
 * Values of any kind as people compare them, from their JSON: digests short, long ones cut.
 */
import { shortDigest } from './quantities.js';

/** Longest value that is shown whole. */
const LONGEST = 60;

/** A value's text. @param absent - what is shown where there is none */
export function valueText(json: string | undefined, absent: string): string {
  if (json === undefined) return absent;
  const digest = /^"([0-9a-f]{64})"$/u.exec(json)?.[1];
  if (digest !== undefined) return shortDigest(digest);
  return json.length > LONGEST ? `${json.slice(0, LONGEST - 1)}…` : json;
}
