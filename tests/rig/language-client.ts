/**
 * An editor that speaks to the built language server over standard input and output.
 */
import { resolve } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type Location,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';

/** The place of a `|` in a text, and the text without it. */
export function cursorIn(marked: string): { readonly text: string; readonly position: Position } {
  const offset = marked.indexOf('|');
  const before = marked.slice(0, offset).split('\n');
  const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), position };
}

/** A diagnostic as the server says it: always in plain text. */
export interface ToldDiagnostic extends Diagnostic {
  readonly message: string;
}

/** One editor with one server. */
export class LanguageClient {
  readonly #child: ChildProcess;
  readonly #connection: ProtocolConnection;
  readonly #published: PublishDiagnosticsParams[] = [];
  #wake: () => void = () => undefined;
  #version = 0;
  readonly ended: Promise<number | null>;

  private constructor(child: ChildProcess, connection: ProtocolConnection) {
    this.#child = child;
    this.#connection = connection;
    this.ended = new Promise((done) => child.on('close', done));
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.#published.push(params);
      this.#wake();
    });
    connection.listen();
  }

  /** Starts a server as an editor does. */
  static async start(
    cwd: string,
    command: readonly string[] = [process.execPath, resolve('dist/runner/cli/main.cjs'), 'lsp', '--stdio'],
  ): Promise<LanguageClient> {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd, env: { PATH: process.env['PATH'] }, stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = child;
    const connection = createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin));
    const client = new LanguageClient(child, connection);
    await connection.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
    await connection.sendNotification('initialized', {});
    return client;
  }

  /** The server's process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Opens a file with this text, saved or not; its URI. */
  async open(path: string, text: string): Promise<string> {
    const uri = pathToFileURL(path).href;
    const textDocument = { uri, languageId: 'yaml', version: ++this.#version, text };
    await this.#connection.sendNotification('textDocument/didOpen', { textDocument });
    return uri;
  }

  /** Replaces a stretch of an open file, or all of it. */
  async change(uri: string, text: string, range?: Location['range']): Promise<void> {
    await this.#connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++this.#version },
      contentChanges: [range === undefined ? { text } : { text, range }],
    });
  }

  async save(uri: string): Promise<void> {
    await this.#connection.sendNotification('textDocument/didSave', { textDocument: { uri } });
  }

  async closeFile(uri: string): Promise<void> {
    await this.#connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  /** The next diagnostics that the server says of the latest text. */
  async diagnostics(): Promise<readonly ToldDiagnostic[]> {
    for (;;) {
      for (let next = this.#published.shift(); next !== undefined; next = this.#published.shift()) {
        if (next.version === undefined || next.version === this.#version)
          return next.diagnostics as readonly ToldDiagnostic[];
      }
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** The next diagnostics that the server says of a file which has not changed itself. */
  async diagnosticsOf(uri: string): Promise<readonly ToldDiagnostic[]> {
    for (;;) {
      for (let next = this.#published.shift(); next !== undefined; next = this.#published.shift()) {
        if (next.uri === uri) return next.diagnostics as readonly ToldDiagnostic[];
      }
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  async completion(uri: string, position: Position): Promise<readonly CompletionItem[]> {
    return (await this.#ask<readonly CompletionItem[] | null>('completion', uri, position)) ?? [];
  }

  async hover(uri: string, position: Position): Promise<string | undefined> {
    const hover = await this.#ask<Hover | null>('hover', uri, position);
    return hover === null ? undefined : (hover.contents as { readonly value: string }).value;
  }

  async definition(uri: string, position: Position): Promise<readonly Location[]> {
    return (await this.#ask<readonly Location[] | null>('definition', uri, position)) ?? [];
  }

  async references(uri: string, position: Position): Promise<readonly Location[]> {
    const context = { includeDeclaration: true };
    return (await this.#ask<readonly Location[] | null>('references', uri, position, { context })) ?? [];
  }

  async prepareRename(uri: string, position: Position): Promise<string | undefined> {
    return (await this.#ask<{ readonly placeholder: string } | null>('prepareRename', uri, position))?.placeholder;
  }

  async rename(uri: string, position: Position, newName: string): Promise<WorkspaceEdit | null> {
    return await this.#ask<WorkspaceEdit | null>('rename', uri, position, { newName });
  }

  async #ask<T>(what: string, uri: string, position: Position, more: object = {}): Promise<T> {
    return await this.#connection.sendRequest(`textDocument/${what}`, { textDocument: { uri }, position, ...more });
  }

  /** Says goodbye; the exit status of the server. */
  async stop(): Promise<number | null> {
    await this.#connection.sendRequest('shutdown');
    await this.#connection.sendNotification('exit');
    return await this.ended;
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#child.stdin?.end();
  }
}
