/**
 * User code: TypeScript or JavaScript files that a pipeline names. Bundled with all that they import, so that the identity
 * of an export is what it needs, however many files that is, and comments and white space are not part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as esbuild from 'esbuild';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import { canonicalJson } from '../artifacts/canonical-json.js';
import { sha256Hex } from '../artifacts/digest.js';
import { isMapping, type Mapping } from '../artifacts/mapping.js';
import { errorMessage } from '../artifacts/system-error.js';
import type { Digest } from '../artifacts/store/artifact-store.js';
import { codeParts, type CodeParts } from './code-parts.js';
import { StepError } from './executor.js';
import { userPlace } from './user-stack.js';

/** Under this name user code imports what this package offers. */
const OWN_PACKAGE = 'tfjs-pipelines';

/** A file and some of its exports. */
export interface UserModule {
  /** Absolute path. */
  readonly file: string;
  readonly exports: readonly string[] | 'all';
}

/** What `file.ts#name` means in a pipeline whose files lie in `baseDir`. */
export function parseModuleReference(reference: string, baseDir: string): UserModule {
  const hash = reference.lastIndexOf('#');
  return { file: resolve(baseDir, reference.slice(0, hash)), exports: [reference.slice(hash + 1)] };
}

/** `@scope/name` or `name` of an import specifier such as `name/part`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** A package.json and the version in it. */
interface PackageVersion {
  readonly path: string;
  readonly version: string;
}

/** The package that a resolved file belongs to; undefined when there is none that has a version. */
function packageOf(file: string): PackageVersion | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
    if (typeof version === 'string') return { path, version };
  }
  return undefined;
}

/** Where a package is looked for, up to where it is: a nearer one would be taken instead. */
function packageLookups(name: string, importer: string): readonly string[] {
  const lookups: string[] = [];
  for (let folder = importer; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    lookups.push(path);
    if (existsSync(path) || folder === dirname(folder)) return lookups;
  }
}

/** Imports that need no package. A restored program has packages as URLs of files; code that people write has none. */
const BUILT_IN = /^node:/u;
const BUILT_IN_OR_FILE = /^(?:node|file):/u;

/** Keeps imports of packages as imports; `onPackage` answers what stands in the bundle in place of the specifier. */
function packagesStayOutside(
  onPackage: (specifier: string, file: string, importer: string) => string,
  settled = BUILT_IN,
): Plugin {
  return {
    name: 'packages-stay-outside',
    setup: (build) => {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, resolveDir, kind }) => {
        if (pluginData === 'resolved' || kind === 'entry-point') return undefined;
        if (settled.test(path)) return { path, external: true };
        if (path === OWN_PACKAGE) return { path: onPackage(path, ownIndex(), resolveDir), external: true };
        const found = await build.resolve(path, { resolveDir, kind, pluginData: 'resolved' });
        if (found.errors.length > 0) return { errors: found.errors };
        // A built-in module without the prefix, such as `fs`.
        if (found.external) return { path: `node:${path}`, external: true };
        return { path: onPackage(path, found.path, resolveDir), external: true };
      });
    },
  };
}

/** The file that `import … from 'tfjs-pipelines'` means: this very copy of the package, wherever the user's file lies. */
function ownIndex(): string {
  const here = fileURLToPath(import.meta.url);
  return join(dirname(here), '..', here.endsWith('.ts') ? 'index.ts' : 'index.js');
}

/** Name of the program that asks for a module's exports, in messages of the bundler. */
const ASKING = 'import';

/** What an import names that is not there. */
function unresolvedImport({ text }: Pick<Message, 'text'>): string | undefined {
  return /^Could not resolve "(.*)"$/u.exec(text)?.[1];
}

function isPath(specifier: string): boolean {
  return /^[./]/u.test(specifier);
}

function missingImport(specifier: string): string {
  return isPath(specifier)
    ? `there is no file '${specifier}'`
    : `the package '${packageName(specifier)}' is not installed`;
}

function describeMessage({ text, location }: Message): string {
  const missing = /^No matching export in ".*" for import "(.*)"$/u.exec(text)?.[1];
  if (location?.file === ASKING && missing !== undefined) return `it has no export '${missing}'`;
  const unresolved = unresolvedImport({ text });
  const what = unresolved === undefined ? text : missingImport(unresolved);
  if (location === null) return what;
  return `${location.file}:${String(location.line)}:${String(location.column + 1)}: ${what}`;
}

/** What a bundle is made for: to be hashed, to be run, or to be read part by part. */
type BundleForm = 'identity' | 'program' | 'parts';

/** Code of exports with all that they import, and the files that it is from. */
interface Bundle {
  readonly code: string;
  readonly files: readonly string[];
}

async function bundle(
  module: UserModule,
  plugin: Plugin,
  form: BundleForm,
  folder = dirname(module.file),
): Promise<Bundle> {
  if (!existsSync(module.file)) {
    throw new StepError('user-code', `there is no file ${module.file}`, 'paths start at the pipeline file');
  }
  const names = module.exports === 'all' ? '*' : `{ ${module.exports.join(', ')} }`;
  const contents = `export ${names} from ${JSON.stringify(`./${basename(module.file)}`)};`;
  return await bundleText(contents, module.file, plugin, form, folder);
}

/** Bundles code that stands beside `file` with all that it imports. */
async function bundleText(
  contents: string,
  file: string,
  plugin: Plugin,
  form: BundleForm,
  folder: string,
): Promise<Bundle> {
  // Not imported: Node would read the whole package once more, for the names that it exports.
  const { build } = createRequire(import.meta.url)('esbuild') as typeof esbuild;
  try {
    const result = await build({
      stdin: { contents, resolveDir: dirname(file), sourcefile: ASKING },
      absWorkingDir: folder,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      minifyWhitespace: form === 'identity',
      legalComments: 'none',
      sourcemap: form === 'program' ? 'inline' : false,
      sourcesContent: false,
      tsconfigRaw: '{}',
      logLevel: 'silent',
      plugins: [plugin],
    });
    const files = Object.keys(result.metafile.inputs).filter((path) => path !== ASKING);
    return { code: result.outputFiles[0]?.text ?? '', files: files.map((path) => resolve(folder, path)) };
  } catch (error) {
    const errors = (error as Partial<BuildFailure>).errors ?? [];
    const what = errors.length > 0 ? errors.map(describeMessage).join('; ') : errorMessage(error);
    const missing = errors.map(unresolvedImport).find((each) => each !== undefined && !isPath(each));
    const hint = missing === undefined ? 'mend the file; paths start beside it' : `npm install ${packageName(missing)}`;
    throw new StepError('user-code', `${file} cannot be loaded: ${what}`, hint);
  }
}

/** What exports of a user's file are. */
export interface UserModuleIdentity {
  /** Of the code that they need, from all files that are imported, and of the versions of the packages that those import. */
  readonly digest: Digest;
  /** The code and the versions, whose SHA-256 the digest is; {@link restoredProgram} makes a program of it. */
  readonly text: string;
  /** Absolute paths of the files that the code is from, packages left out. */
  readonly files: readonly string[];
  /** Paths, there or not, that decide which files and packages the imports mean: when none changes, they mean the same. */
  readonly lookups: readonly string[];
}

/**
 * The identity of exports of a user's file.
 *
 * @throws StepError `user-code` when a file is missing, is not valid code or lacks an export
 */
export async function userModuleIdentity(module: UserModule): Promise<UserModuleIdentity> {
  const packages: Record<string, string> = {};
  const lookups = new Set<string>();
  const plugin = packagesStayOutside((specifier, file, importer) => {
    if (specifier === OWN_PACKAGE) return specifier;
    const name = packageName(specifier);
    const found = packageOf(file);
    packages[name] = found?.version ?? '';
    for (const path of [...packageLookups(name, importer), ...(found === undefined ? [] : [found.path])])
      lookups.add(path);
    return specifier;
  });
  const { code, files } = await bundle(module, plugin, 'identity');
  for (const file of files) lookups.add(dirname(file));
  const text = canonicalJson({ code, packages });
  return { digest: sha256Hex(text), text, files, lookups: [...lookups].sort() };
}

/**
 * The parts of the same code: declarations by file, relative to `baseDir`, and versions of packages.
 *
 * @throws StepError `user-code` as {@link userModuleIdentity} does
 */
export async function userModuleParts(module: UserModule, baseDir: string): Promise<CodeParts> {
  const packages: Record<string, string> = {};
  const plugin = packagesStayOutside((specifier, file) => {
    if (specifier !== OWN_PACKAGE) packages[`package ${packageName(specifier)}`] = packageOf(file)?.version ?? '';
    return specifier;
  });
  const { code } = await bundle(module, plugin, 'parts', baseDir);
  return { ...codeParts(code), ...packages };
}

/** What an identity is made of; its text may come from anywhere. */
function parsedIdentity(text: string, file: string): { code: string; packages: Mapping } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (isMapping(value) && typeof value['code'] === 'string' && isMapping(value['packages'])) {
    return { code: value['code'], packages: value['packages'] };
  }
  throw new StepError('user-code', `what was kept of ${file} is no code`);
}

/**
 * A program that does what code did whose identity has this text: a file with it may stand anywhere, and is loaded as the
 * user's own.
 *
 * @param file - absolute path of the file that the code was from, which need not be there: packages are found from its folder
 * @throws StepError `user-code` when a package is missing, or of another version than the code was run with
 */
export async function restoredProgram(text: string, file: string): Promise<string> {
  const { code, packages } = parsedIdentity(text, file);
  const plugin = packagesStayOutside((specifier, found) => {
    const [name, now] = [packageName(specifier), packageOf(found)?.version ?? ''];
    const then = packages[name];
    if (specifier === OWN_PACKAGE || then === now) return pathToFileURL(found).href;
    throw new StepError('user-code', `${name} is ${now}, and ${file} was run with ${String(then)}`, 'install that one');
  });
  return (await bundleText(code, file, plugin, 'program', dirname(file))).code;
}

/**
 * Loads exports of a user's file into this process. The same code is loaded once only.
 *
 * @throws StepError `user-code` when it cannot be loaded, or fails while it is
 */
export async function loadUserModule(module: UserModule): Promise<Readonly<Record<string, unknown>>> {
  const { code } = await bundle(
    module,
    packagesStayOutside((_, file) => pathToFileURL(file).href, BUILT_IN_OR_FILE),
    'program',
  );
  try {
    const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const place = userPlace(error);
    const where = place === undefined ? '' : `${place}: `;
    throw new StepError('user-code', `${module.file} fails when it is loaded: ${where}${errorMessage(error)}`);
  }
}

/**
 * Loads one export of user code.
 *
 * @param reference - `file.ts#name`, the file relative to `baseDir`
 * @throws StepError `user-code`
 */
export async function loadUserExport(reference: string, baseDir: string): Promise<unknown> {
  const module = parseModuleReference(reference, baseDir);
  return (await loadUserModule(module))[reference.slice(reference.lastIndexOf('#') + 1)];
}
