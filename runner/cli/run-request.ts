/**
 * What a run is asked for: two requests that are the same ask for the same.
 */
import { availableParallelism, totalmem } from 'node:os';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { lookAt } from '../../artifacts/look.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { ProcessEnvironment } from './command.js';

/** Variables of the environment that decide what a run does. Faults on purpose do not: they meet what it would do. */
const DECIDING = /^PIPELINE_(?!FAULT$)/u;

/** Variables whose presence asks for more than a run: reports to a service, to the page of a build. */
const DEMANDING = /^(?:OTEL_|GITHUB_)/u;

/** Whether the environment asks for no more than the run. */
export function isPlain({ env }: ProcessEnvironment): boolean {
  return !Object.keys(env).some((name) => DEMANDING.test(name));
}

/** Digest of a request: the words, where they were typed, the machine, and this very build. */
export function requestDigest(argv: readonly string[], { cwd, env, node, program }: ProcessEnvironment): Digest {
  const deciding = Object.fromEntries(Object.entries(env).filter(([name]) => DECIDING.test(name)));
  const build = lookAt({ trees: [], entries: [program] }).digest;
  const machine = [node, availableParallelism(), totalmem()];
  return sha256Hex(canonicalJson({ argv, cwd, env: deciding, machine, build }));
}
