/**
 * A pipeline file that is open in an editor: its text as it stands there, and what was read out of it.
 */
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { componentFinder, type FindComponent } from '../../components/registry.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { SourceFile } from '../source/source-file.js';
import { diagnose, isPipeline } from './diagnose.js';
import { readOutline, type Outline } from './outline.js';

/** Absolute path of a document; undefined for one that was never saved. */
export function pathOfUri(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}

/** One open file. */
export class OpenDocument {
  readonly #name: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder that relative paths start from. */
  readonly baseDir: string;
  #text: TextDocument;
  #find: FindComponent;
  #outline: Promise<Outline> | undefined;

  /** @param cwd - folder for documents that were never saved */
  constructor(text: TextDocument, cwd: string, env: Readonly<Record<string, string | undefined>>) {
    const path = pathOfUri(text.uri);
    this.#text = text;
    this.#name = basename(path ?? text.uri);
    this.#env = env;
    this.baseDir = path === undefined ? cwd : dirname(path);
    this.#find = componentFinder(this.baseDir);
  }

  /** The text, with what turns offsets into lines and columns. */
  get text(): TextDocument {
    return this.#text;
  }

  /** Whether it is a pipeline; any other YAML is left alone. */
  get isPipeline(): boolean {
    return isPipeline(this.#text.getText());
  }

  get source(): SourceFile {
    return new SourceFile(this.#name, this.#text.getText());
  }

  /** Finds components; those in files are loaded once, until {@link forget}. */
  get find(): FindComponent {
    return this.#find;
  }

  /** Takes changes of the text. */
  change(changes: readonly TextDocumentContentChangeEvent[], version: number): void {
    this.#text = TextDocument.update(this.#text, [...changes], version);
    this.#outline = undefined;
  }

  /** Files beside it may have changed: what was read of them is read again. */
  forget(): void {
    this.#find = componentFinder(this.baseDir);
    this.#outline = undefined;
  }

  /** What stands in it. */
  outline(): Promise<Outline> {
    this.#outline ??= readOutline(this.source, this.#find);
    return this.#outline;
  }

  /** All that is wrong with it. */
  async diagnostics(): Promise<readonly Diagnostic[]> {
    if (!this.isPipeline) return [];
    const { baseDir } = this;
    const text = this.#text.getText();
    return await diagnose({ name: this.#name, text, baseDir, env: this.#env, find: this.#find });
  }
}
