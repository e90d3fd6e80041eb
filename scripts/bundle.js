/**
 * Bundles the built entry points over themselves: a command then reads a dozen files rather than two hundred. Code that
 * several of them use goes into chunks of its own, so that a class is the same wherever it is imported from, the user's
 * components included; what is loaded late stays in files of its own. Modules that look for their neighbours find them
 * beside the chunks: worker programs, `../index.js` and the digests of the components' code.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
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

// What is in a hurry shares nothing with the rest, and so is two files, in the format that Node loads sooner. Its classes are
// its own: it answers with plain data, and keeps its errors to itself. What it imports late stays where it is.
const hurried = {
  ...common,
  splitting: false,
  format: 'cjs',
  banner: { js: "'use strict';\nconst moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'moduleUrl' },
  outExtension: { '.js': '.cjs' },
  external: packages,
};
/** Resolves imports of ours that are made late: to what they name once all is built. */
function late(nameOf) {
  const setup = ({ onResolve }) => {
    onResolve({ filter: /^[.]/ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: nameOf(join(resolveDir, path)), external: true } : undefined,
    );
  };
  return [{ name: 'late', setup }];
}

await build({
  ...hurried,
  entryPoints: { 'runner/cli/main': 'runner/cli/main.ts' },
  // A `require` then, which does not wake the loader of the other format.
  supported: { 'dynamic-import': false },
  plugins: late(() => './start.cjs'),
});
await build({
  ...hurried,
  entryPoints: { 'runner/cli/start': 'runner/cli/start.ts' },
  plugins: late((path) => `./${relative(join(root, 'runner/cli'), path)}`),
});
for (const name of ['main', 'start']) {
  for (const end of ['js', 'js.map', 'd.ts']) await rm(join(root, 'dist/runner/cli', `${name}.${end}`));
}
