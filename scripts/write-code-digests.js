/**
 * Writes the digests of the components' code beside the built registry, wherever it is, so that no command computes them
 * again.
 */
import { writeFile } from 'node:fs/promises';
import { computeCodeDigests, DIGESTS_FILE } from '../dist/components/registry.js';

const text = `${JSON.stringify(await computeCodeDigests(), undefined, 2)}\n`;
for (const folder of ['components', 'chunks']) {
  await writeFile(new URL(`../dist/${folder}/${DIGESTS_FILE}`, import.meta.url), text);
}
