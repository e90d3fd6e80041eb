/**
 * Bundles the built entry points over themselves: a command then reads a dozen files rather than two hundred. Code that
 * several of them use goes into chunks of its own, so that a class is the same wherever it is imported from, the user's
 * components included; what is loaded late stays in files of its own. Modules that look for their neighbours find them
 * beside the chunks: worker programs, `../index.js` and the digests of the components' code.
 */
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Packages of many small files that most commands load; all others stay where they are installed. */
const BUNDLED = ['@dagrejs/graphlib', 'commander', 'p-queue', 'yaml'];

const root = fileURLToPath(new URL('..', import.meta.url));
const { dependencies } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

await rm(new URL('../dist/chunks', import.meta.url), { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  // For the packages that are CommonJS.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
};
const packages = Object.keys(dependencies).filter((name) => !BUNDLED.includes(name));

await build({
  ...common,
  entryPoints: {
    index: 'index.ts',
    'runner/cli/command-line': 'runner/cli/command-line.ts',
    'chunks/worker': 'runner/execution/worker.ts',
    'chunks/trial-worker': 'components/tuner/trial-worker.ts',
  },
  external: packages,
});

// What is in a hurry shares nothing with the rest, and so is a few files. Its classes are its own: it answers with plain
// data, and keeps its errors to itself.
await build({
  ...common,
  entryPoints: { 'runner/cli/main': 'runner/cli/main.ts', 'runner/cli/start': 'runner/cli/start.ts' },
  external: [...packages, './start.js', './command-line.js'],
});
