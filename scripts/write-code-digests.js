/**
 * Writes the digests of the components' code beside the built registry, so that no command computes them again.
 */
import { writeFile } from 'node:fs/promises';
import { computeCodeDigests, DIGESTS_FILE } from '../dist/components/registry.js';

const file = new URL(`../dist/components/${DIGESTS_FILE}`, import.meta.url);
await writeFile(file, `${JSON.stringify(await computeCodeDigests(), undefined, 2)}\n`);
