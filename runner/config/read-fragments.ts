/**
 * `include:`: finds and reads the fragments that a pipeline includes, and those that they include. What stands in them is
 * read with the pipeline; here they become located values.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathFault } from '../../artifacts/portable-path.js';
import type { Problems } from '../source/problems.js';
import type { SourceFile } from '../source/source-file.js';
import { asMapping, asText, checkName, knownEntries } from './fields.js';
import {
  describeLocated,
  entryOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
  type Placed,
} from './located.js';
import { parseYaml } from './parse-yaml.js';
import { MAX_BYTES, readText } from './read-source-file.js';

/** Deepest chain of fragments that include fragments. */
const MAX_DEPTH = 8;

/** Most fragments of a pipeline, however often one is included. */
const MAX_FRAGMENTS = 200;

const INCLUDE_KEYS = ['file', 'as', 'params', 'inputs'];

/** A fragment as it was read, with what is given to it. */
export interface Fragment {
  /** What its nodes are called after. */
  readonly as: Placed<string>;
  readonly file: Placed<string>;
  /** Values of its params and inputs by name; they mean what they mean outside of it. */
  readonly params: readonly LocatedEntry[];
  readonly inputs: readonly LocatedEntry[];
  readonly root: LocatedMapping;
  readonly fragments: readonly Fragment[];
}

/** Reads the file at an absolute path, which messages show as `shown`. */
export type ReadFragment = typeof readText;

/** What fragments are read with. */
export interface FragmentOptions {
  /** The pipeline file. */
  readonly file: SourceFile;
  /** Absolute path of the folder of the pipeline file, which all fragments lie below. */
  readonly baseDir: string;
  /** Reads a fragment; without, from the disk. An editor has texts that are not saved. */
  readonly read?: ReadFragment | undefined;
  /** Told the absolute path of every fragment that is asked for. */
  readonly found: (path: string, text?: string) => void;
  readonly problems: Problems;
}

/** A file that includes others. */
interface Including {
  readonly real: string;
  readonly shown: string;
}

/** Reads the fragments of one pipeline. */
class FragmentReader {
  readonly #options: FragmentOptions;
  readonly #pipeline: { readonly path: string; readonly real: string };
  #count = 0;
  #bytes = 0;

  /** @param pipeline - the path of the pipeline file, and where its links lead to */
  constructor(options: FragmentOptions, pipeline: { readonly path: string; readonly real: string }) {
    this.#options = options;
    this.#pipeline = pipeline;
  }

  async fragmentsIn(root: Located | undefined, chain: readonly Including[]): Promise<readonly Fragment[]> {
    const { problems } = this.#options;
    const include = root?.kind === 'mapping' ? entryOf(root, 'include') : undefined;
    if (include === undefined) return [];
    if (include.value.kind !== 'list') {
      const message = `include must be a list, not ${describeLocated(include.value)}`;
      problems.add('wrong-type', message, include.value.range, { hint: "write 'include: [{file: …, as: …}]'" });
      return [];
    }
    const fragments: Fragment[] = [];
    const names = new Map<string, Placed<string>>();
    for (const item of include.value.items) {
      const fragment = await this.#fragment(item, chain);
      if (fragment === undefined) continue;
      const folded = fragment.as.value.toLowerCase();
      const twin = names.get(folded);
      names.set(folded, fragment.as);
      if (twin === undefined) fragments.push(fragment);
      else {
        problems.add(
          'bad-name',
          `two fragments are called '${fragment.as.value}', or in two cases`,
          fragment.as.range,
          {
            related: [{ message: 'the other one', range: twin.range }],
          },
        );
      }
    }
    return fragments;
  }

  async #fragment(item: Located, chain: readonly Including[]): Promise<Fragment | undefined> {
    const { problems } = this.#options;
    const mapping = asMapping(item, 'an include', problems);
    if (mapping === undefined) return undefined;
    const keys = knownEntries(mapping, INCLUDE_KEYS, 'an include', problems);
    const text = (key: 'file' | 'as', example: string): Placed<string> | undefined => {
      const entry = keys.get(key);
      const value = entry && asText(entry.value, key, problems);
      if (entry !== undefined) return value === undefined ? undefined : { value, range: entry.value.range };
      problems.add('missing-key', `the include has no '${key}'`, item.range, { hint: `add '${key}: ${example}'` });
      return undefined;
    };
    const file = text('file', 'fragments/evaluate.yaml');
    const as = text('as', 'eval');
    const asEntry = keys.get('as');
    const isName =
      as !== undefined &&
      asEntry !== undefined &&
      checkName(as.value, 'a fragment', { ...asEntry, keyRange: as.range }, problems);
    const entries = (key: 'params' | 'inputs'): readonly LocatedEntry[] => {
      const entry = keys.get(key);
      return (entry && asMapping(entry.value, key, problems)?.entries) ?? [];
    };
    const params = entries('params');
    const inputs = entries('inputs');
    if (file === undefined || as === undefined || !isName) return undefined;
    const read = await this.#read(file, chain);
    if (read === undefined) return undefined;
    const root = asMapping(read.root, 'a fragment', problems);
    if (root === undefined) return undefined;
    return { as, file, params, inputs, root, fragments: await this.fragmentsIn(root, [...chain, read.including]) };
  }

  /**
   * Where the links of a path lead to. In an editor a file need not be saved.
   *
   * @throws when there is no such file
   */
  async #whereIs(path: string, shown: string): Promise<string> {
    try {
      return await realpath(path);
    } catch (error) {
      if ((await this.#options.read?.(path, shown))?.ok === true) {
        return join(await realpath(this.#options.baseDir), relative(this.#options.baseDir, path));
      }
      throw error;
    }
  }

  async #read(
    file: Placed<string>,
    chain: readonly Including[],
  ): Promise<{ readonly root: Located; readonly including: Including } | undefined> {
    const { problems, baseDir } = this.#options;
    const { range } = file;
    const fault = pathFault(file.value.replace(/^\.\//u, ''));
    if (fault !== undefined) {
      problems.add('not-allowed', `'${file.value}' cannot be included: ${fault}`, range, {
        hint: 'a fragment lies below the folder of the pipeline file; write its path with /',
      });
      return undefined;
    }
    if (chain.length > MAX_DEPTH || ++this.#count > MAX_FRAGMENTS) {
      const bounds = `${String(MAX_DEPTH)} deep and ${String(MAX_FRAGMENTS)} in all`;
      problems.add('out-of-range', `fragments are included ${bounds} at most`, range);
      return undefined;
    }
    const path = join(baseDir, file.value);
    const shown = join(dirname(this.#options.file.path), file.value);
    this.#options.found(path);
    let real: string;
    let base: string;
    try {
      base = await realpath(baseDir);
      real = path === this.#pipeline.path ? this.#pipeline.real : await this.#whereIs(path, shown);
    } catch {
      problems.add('file-missing', `there is no file ${file.value}`, range, {
        hint: 'paths start at the folder of the pipeline file',
      });
      return undefined;
    }
    const again = chain.findIndex((each) => each.real === real);
    if (again >= 0) {
      const path = [...chain.slice(again).map(({ shown }) => shown), chain[again]?.shown];
      problems.add('cycle', `these files include each other: ${path.join(' → ')}`, range);
      return undefined;
    }
    if (!real.startsWith(`${base === sep ? '' : base}${sep}`)) {
      const message = `'${file.value}' cannot be included: it leads out of the folder of the pipeline file`;
      problems.add('not-allowed', message, range);
      return undefined;
    }
    const { read = readText } = this.#options;
    const text = await read(real, shown, range);
    if (!text.ok) {
      problems.addAll(text.diagnostics.map((each) => ({ ...each, range: each.range ?? range })));
      return undefined;
    }
    this.#options.found(path, text.value.text);
    this.#bytes += Buffer.byteLength(text.value.text);
    if (this.#bytes > MAX_BYTES) {
      problems.add('out-of-range', `fragments have at most ${String(MAX_BYTES)} bytes together`, range);
      return undefined;
    }
    const { root, diagnostics } = parseYaml(text.value);
    problems.addAll(diagnostics);
    if (root === undefined && diagnostics.length === 0) {
      problems.add('missing-key', `the fragment ${file.value} is empty`, range, { hint: "write 'nodes:' into it" });
    }
    return root && { root, including: { real, shown } };
  }
}

/** Reads all fragments that a pipeline includes, directly or not. */
export async function readFragments(root: Located | undefined, options: FragmentOptions): Promise<readonly Fragment[]> {
  if (root?.kind !== 'mapping' || entryOf(root, 'include') === undefined) return [];
  const { baseDir, file } = options;
  const path = join(baseDir, basename(file.path));
  const real = await realpath(path).catch(() => path);
  return await new FragmentReader(options, { path, real }).fragmentsIn(root, [{ real, shown: file.path }]);
}
