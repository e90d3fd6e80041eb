/**
 * The files that belong together: those that are open in the editor, as they stand there, and those on the disk that include
 * them or are included.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readText, sourceFile } from '../config/read-source-file.js';
import type { ReadFragment } from '../config/read-fragments.js';
import { isFragment } from './diagnose.js';
import type { OpenDocument } from './open-document.js';
import { noComponents, readOutline, type Outline } from './outline.js';

/** How many folders above a fragment pipelines are looked for: a chain of folders from the root is seldom longer. */
const MAX_FOLDERS = 16;

/** Most YAML files of one folder that are looked into. */
const MAX_FILES = 500;

/** A folder that holds one of these is the top of a project. */
const TOP = ['.git', 'package.json', 'node_modules'];

/** The YAML files that are known at the moment. */
export class Workspace {
  readonly #documents = new Map<string, OpenDocument>();
  readonly #pipelinesWith = new Map<string, Promise<readonly string[]>>();

  /** Open documents by URI. */
  get documents(): ReadonlyMap<string, OpenDocument> {
    return this.#documents;
  }

  open(document: OpenDocument): void {
    this.#documents.set(document.text.uri, document);
  }

  close(uri: string): void {
    this.#documents.delete(uri);
  }

  /** Reads a file: as it stands in the editor, where it is open there. */
  readonly read: ReadFragment = async (absolute, shown, includedAt) => {
    for (const document of this.#documents.values()) {
      // An editor names a file by the path that it was opened under, which may lead over links.
      if (document.path === absolute || (document.path !== undefined && (await real(document.path)) === absolute)) {
        return sourceFile(shown, document.text.getText(), includedAt);
      }
    }
    return await readText(absolute, shown, includedAt);
  };

  /** Absolute paths of the pipelines that include a fragment, in its folder and in those above; looked for once. */
  readonly pipelinesWith = (fragment: string): Promise<readonly string[]> => {
    const known = this.#pipelinesWith.get(fragment);
    if (known !== undefined) return known;
    const found = this.#around(fragment, true).then((outlines) =>
      outlines.filter((outline) => pathsIn(outline).includes(fragment)).map(({ path }) => path),
    );
    this.#pipelinesWith.set(fragment, found);
    return found;
  };

  /** Files may have changed: what was found among them is looked for again. */
  forget(): void {
    this.#pipelinesWith.clear();
    for (const document of this.#documents.values()) document.forget();
  }

  /**
   * A file that is open, and the pipelines that have a file in common with it: those in its folder; for a fragment also those
   * in the folders above, up to the top of the project.
   */
  async together(document: OpenDocument): Promise<readonly Outline[]> {
    const own = await document.outline();
    if (document.path === undefined) return [own];
    const paths = new Set(pathsIn(own));
    const others = await this.#around(document.path, document.isFragment);
    return [own, ...others.filter((outline) => pathsIn(outline).some((path) => paths.has(path)))];
  }

  /** The pipelines with fragments in the folder of a file, but for itself, and maybe in the folders above. */
  async #around(file: string, above: boolean): Promise<readonly Outline[]> {
    const found: Outline[] = [];
    for (const baseDir of above ? await foldersFrom(dirname(file)) : [dirname(file)]) {
      for (const path of await yamlFiles(baseDir)) {
        const read = path === file ? undefined : await this.read(path, path);
        if (read?.ok !== true) continue;
        const { text } = read.value;
        if (!/^include:/mu.test(text) || isFragment(text)) continue;
        found.push(await readOutline({ file: read.value, path, baseDir, find: noComponents, read: this.read }));
      }
    }
    return found;
  }
}

async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

/** Paths of a file and of all that it includes. */
function pathsIn(outline: Outline): readonly string[] {
  return [outline.path, ...outline.includes.flatMap(({ outline: inner }) => pathsIn(inner))];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A folder and those above it, up to the top of the project. */
async function foldersFrom(folder: string): Promise<readonly string[]> {
  const found = [folder];
  for (let at = folder; found.length < MAX_FOLDERS && dirname(at) !== at; at = dirname(at), found.push(at)) {
    const tops = await Promise.all(TOP.map((name) => exists(join(at, name))));
    if (tops.includes(true)) break;
  }
  return found;
}

async function yamlFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.ya?ml$/u.test(name))
    .sort()
    .slice(0, MAX_FILES)
    .map((name) => join(folder, name));
}

/** The URI of a file. */
export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
