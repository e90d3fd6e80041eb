/**
 * A pipeline file or fragment that is open in an editor: its text as it stands there, and what was read out of it.
 */
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { componentFinder, type FindComponent } from '../../components/registry.js';
import type { ReadFragment } from '../config/read-fragments.js';
import { SourceFile } from '../source/source-file.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { diagnose, diagnoseFragment, isFragment, isPipeline } from './diagnose.js';
import { fragmentFiles } from './fragment-files.js';
import { readOutline, type Outline } from './outline.js';

/** Absolute path of a document; undefined for one that was never saved. */
export function pathOfUri(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}

/** What documents have in common. */
export interface Surroundings {
  /** Absolute folder for documents that were never saved. */
  readonly cwd: string;
  /** Reads the files that they include. */
  readonly read: ReadFragment;
  /** Absolute paths of the pipelines that include a fragment. */
  readonly pipelinesWith: (fragment: string) => Promise<readonly string[]>;
}

/** One open file. */
export class OpenDocument {
  readonly #surroundings: Surroundings;
  /** Absolute; undefined where it was never saved. */
  readonly path: string | undefined;
  readonly #folder: string;
  readonly #finders = new Map<string, FindComponent>();
  #text: TextDocument;
  #outline: Promise<Outline> | undefined;

  constructor(text: TextDocument, surroundings: Surroundings) {
    this.path = pathOfUri(text.uri);
    this.#text = text;
    this.#surroundings = surroundings;
    this.#folder = this.path === undefined ? surroundings.cwd : dirname(this.path);
  }

  /** The text, with what turns offsets into lines and columns. */
  get text(): TextDocument {
    return this.#text;
  }

  /** Whether it is a pipeline or a fragment; any other YAML is left alone. */
  get isPipeline(): boolean {
    return isPipeline(this.#text.getText());
  }

  /** Whether it is a fragment. */
  get isFragment(): boolean {
    return isFragment(this.#text.getText());
  }

  /** Its text under the name that messages show. */
  get source(): SourceFile {
    return new SourceFile(basename(this.path ?? this.#text.uri), this.#text.getText());
  }

  /** Finds components from a folder; those in files are loaded once, until {@link forget}. */
  finder(baseDir: string): FindComponent {
    const known = this.#finders.get(baseDir);
    if (known !== undefined) return known;
    const find = componentFinder(baseDir);
    this.#finders.set(baseDir, find);
    return find;
  }

  /** Absolute folder that paths in it start from: its own; for a fragment, that of a pipeline that includes it. */
  async baseDir(): Promise<string> {
    const [pipeline] = await this.#pipelines();
    return pipeline === undefined ? this.#folder : dirname(pipeline);
  }

  /** Takes changes of the text. */
  change(changes: readonly TextDocumentContentChangeEvent[], version: number): void {
    this.#text = TextDocument.update(this.#text, [...changes], version);
    this.#outline = undefined;
  }

  /** Files beside it may have changed: what was read of them is read again. */
  forget(): void {
    this.#finders.clear();
    this.#outline = undefined;
  }

  /** What was read of the fragments that it includes may be old. */
  forgetFragments(): void {
    this.#outline = undefined;
  }

  /** What stands in it. */
  outline(): Promise<Outline> {
    this.#outline ??= this.outlineOf(this.source);
    return this.#outline;
  }

  /** What would stand in it, if this were its text. */
  async outlineOf(file: SourceFile): Promise<Outline> {
    const baseDir = await this.baseDir();
    const path = this.path ?? join(baseDir, file.path);
    return await readOutline({ file, path, baseDir, find: this.finder(baseDir), read: this.#surroundings.read });
  }

  /** The fragments below the folder that paths in it start from, but for itself, as paths from there. */
  async fragmentFiles(): Promise<readonly string[]> {
    const baseDir = await this.baseDir();
    const paths = await fragmentFiles(baseDir, this.#surroundings.read);
    return paths.filter((path) => join(baseDir, path) !== this.path);
  }

  /** All that is wrong with it. */
  async diagnostics(env: Readonly<Record<string, string | undefined>>): Promise<readonly Diagnostic[]> {
    if (!this.isPipeline) return [];
    const baseDir = await this.baseDir();
    const text = this.#text.getText();
    const options = { text, baseDir, env, find: this.finder(baseDir), read: this.#surroundings.read };
    return this.isFragment
      ? await diagnoseFragment(
          { ...options, name: this.path ?? join(baseDir, 'unsaved.yaml') },
          await this.#pipelines(),
        )
      : await diagnose({ ...options, name: this.source.path });
  }

  async #pipelines(): Promise<readonly string[]> {
    return this.isFragment && this.path !== undefined ? await this.#surroundings.pipelinesWith(this.path) : [];
  }
}
