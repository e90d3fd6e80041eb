/**
 * The language server: takes what an editor says of its open pipeline files, and answers. It keeps their texts and nothing
 * else; files are read only where a pipeline names components of the user's.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createConnection,
  ErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  type Location,
  type ServerCapabilities,
  type TextDocumentPositionParams,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { JsonSchema } from '../../components/params.js';
import { complete } from './complete.js';
import { FileSchema } from './file-schema.js';
import { hover } from './hover.js';
import { occurrencesIn, sameAs, type Occurrence } from './occurrences.js';
import { OpenDocument } from './open-document.js';
import { textOf } from './outline.js';
import { completionItems, protocolDiagnostic, protocolHover, rangeOf } from './protocol.js';
import { renameProblem } from './rename.js';
import { contains, spotAt } from './spot.js';

/** What the server needs. */
export interface ServerOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Absolute folder for files that were never saved. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The published schema of pipeline files. */
  readonly schema: JsonSchema;
  readonly version: string;
}

const CAPABILITIES: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
  completionProvider: { triggerCharacters: ['.', ':', ' ', '{', '[', '"', "'"] },
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
};

/** What stands at a place. */
interface Found {
  readonly document: OpenDocument;
  readonly offset: number;
  readonly all: readonly Occurrence[];
  /** The node or param that is named there. */
  readonly here: Occurrence | undefined;
}

/** Serves until the editor says that it is enough, which ends the process. */
export function serve({ input, output, cwd, env, schema, version }: ServerOptions): void {
  const connection = createConnection(input, output);
  const documents = new Map<string, OpenDocument>();
  const fileSchema = new FileSchema(schema);
  const waiting = new Set<string>();

  /** Checks a document once all that has come in is taken; several keystrokes then need one check. */
  const check = (uri: string): void => {
    if (waiting.has(uri)) return;
    waiting.add(uri);
    setImmediate(() => {
      waiting.delete(uri);
      publish(uri).catch((error: unknown) => {
        connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      });
    });
  };
  const publish = async (uri: string): Promise<void> => {
    const document = documents.get(uri);
    if (document === undefined) return;
    const { text } = document;
    // A change changes the very text; only its version tells.
    const { version } = text;
    const diagnostics = await document.diagnostics();
    // It may have been changed or closed meanwhile.
    if (documents.get(uri)?.text.version !== version) return;
    await connection.sendDiagnostics({
      uri,
      version,
      diagnostics: diagnostics.map((each) => protocolDiagnostic(each, text)),
    });
  };
  const find = async ({ textDocument, position }: TextDocumentPositionParams): Promise<Found | undefined> => {
    const document = documents.get(textDocument.uri);
    if (document?.isPipeline !== true) return undefined;
    const offset = document.text.offsetAt(position);
    const all = occurrencesIn(await document.outline());
    return { document, offset, all, here: all.find(({ range }) => contains(range, offset)) };
  };
  const locations = (document: OpenDocument, occurrences: readonly Occurrence[]): Location[] =>
    occurrences.map(({ range }) => ({ uri: document.text.uri, range: rangeOf(range, document.text) }));

  connection.onInitialize(() => ({ capabilities: CAPABILITIES, serverInfo: { name: 'tfjs-pipelines', version } }));
  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version: first, text } }) => {
    documents.set(uri, new OpenDocument(TextDocument.create(uri, languageId, first, text), cwd, env));
    check(uri);
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version: next }, contentChanges }) => {
    documents.get(uri)?.change(contentChanges, next);
    check(uri);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    documents.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  const forget = (): void => {
    for (const [uri, document] of documents) {
      document.forget();
      check(uri);
    }
  };
  connection.onDidSaveTextDocument(forget);
  connection.onDidChangeWatchedFiles(forget);

  connection.onCompletion(async ({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (document?.isPipeline !== true) return null;
    const { source, find: components, text } = document;
    return completionItems(await complete(source, text.offsetAt(position), fileSchema, components), text);
  });
  connection.onHover(async (params) => {
    const found = await find(params);
    if (found === undefined) return null;
    const { document, offset, all } = found;
    const text = hover(offset, await document.outline(), all, fileSchema);
    return text === undefined ? null : protocolHover(text, document.text);
  });
  connection.onDefinition(async (params) => {
    const found = await find(params);
    if (found === undefined) return null;
    const { document, offset, all, here } = found;
    if (here !== undefined) {
      return locations(
        document,
        sameAs(here, all).filter(({ isDefinition }) => isDefinition),
      );
    }
    const value = textOf(spotAt((await document.outline()).root, offset)?.value);
    const file = /^(.+\.(?:ts|mts|js|mjs))(?:#\w+)?$/u.exec(value ?? '')?.[1];
    const path = file === undefined ? undefined : resolve(document.baseDir, file);
    if (path === undefined || !existsSync(path)) return null;
    const start = { line: 0, character: 0 };
    return [{ uri: pathToFileURL(path).href, range: { start, end: start } }];
  });
  connection.onReferences(async (params) => {
    const found = await find(params);
    if (found?.here === undefined) return null;
    const { includeDeclaration } = params.context;
    const same = sameAs(found.here, found.all).filter(({ isDefinition }) => includeDeclaration || !isDefinition);
    return locations(found.document, same);
  });
  connection.onPrepareRename(async (params) => {
    const found = await find(params);
    if (found?.here === undefined) return null;
    const { name, range } = found.here;
    return { range: rangeOf(range, found.document.text), placeholder: name };
  });
  connection.onRenameRequest(async (params) => {
    const found = await find(params);
    if (found?.here === undefined) return null;
    const { document, all, here } = found;
    const problem = renameProblem(here, params.newName, await document.outline());
    if (problem !== undefined) return new ResponseError(ErrorCodes.InvalidParams, problem);
    const edits = locations(document, sameAs(here, all)).map(({ range }) => ({ range, newText: params.newName }));
    return { changes: { [document.text.uri]: edits } };
  });
  connection.listen();
}
