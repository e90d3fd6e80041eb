/**
 * How long to wait before a step is tried again.
 */
import { sha256Hex } from '../../artifacts/digest.js';

/** Longest pause, in milliseconds, before jitter shortens it. */
const LONGEST_MS = 600_000;

/**
 * The pause before a retry in milliseconds: doubled with every attempt, and shortened by up to a half, so that steps that
 * failed together do not come back together. The same step, after the same attempt, always waits as long.
 *
 * @param step - what tells it from other steps
 * @param attempts - how often it was tried, from 1
 * @param firstMs - longest first pause
 */
export function retryPause(step: string, attempts: number, firstMs: number): number {
  const longest = Math.min(firstMs * 2 ** (attempts - 1), LONGEST_MS);
  const jitter = parseInt(sha256Hex(`${step} ${String(attempts)}`).slice(0, 8), 16) / 2 ** 32;
  return Math.round(longest * (0.5 + jitter / 2));
}
