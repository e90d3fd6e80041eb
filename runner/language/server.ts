/**
 * The language server: takes what an editor says of its open pipeline files and fragments, and answers. It keeps their texts
 * and nothing else; other files are read where a pipeline names components of the user's or fragments, or a fragment is open.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  createConnection,
  ErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  type Location,
  type ServerCapabilities,
  type TextDocumentPositionParams,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { JsonSchema } from '../../components/params.js';
import { complete } from './complete.js';
import { FileSchema } from './file-schema.js';
import { hover } from './hover.js';
import { occurrencesIn, sameAs, type Occurrence } from './occurrences.js';
import { OpenDocument } from './open-document.js';
import { textOf, type Outline } from './outline.js';
import { completionItems, placeOf, protocolDiagnostic, protocolHover, rangeOf } from './protocol.js';
import { renameProblem } from './rename.js';
import { contains, spotAt } from './spot.js';
import { uriOf, Workspace } from './workspace.js';

/** What the server needs. */
export interface ServerOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Absolute folder for files that were never saved. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The published schemas. */
  readonly schemas: { readonly pipeline: JsonSchema; readonly fragment: JsonSchema };
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
  /** What is named in the document and in the fragments that it includes. */
  readonly all: readonly Occurrence[];
  /** What is named there. */
  readonly here: Occurrence | undefined;
}

/** The document at an offset together with the files around it. */
interface Everywhere {
  readonly outlines: readonly Outline[];
  readonly all: readonly Occurrence[];
}

/** Serves until the editor says that it is enough, which ends the process. */
export function serve({ input, output, cwd, env, schemas, version }: ServerOptions): void {
  const connection = createConnection(input, output);
  const workspace = new Workspace();
  const { documents, read, pipelinesWith } = workspace;
  const pipelineSchema = new FileSchema(schemas.pipeline);
  const fragmentSchema = new FileSchema(schemas.fragment);
  const schemaOf = ({ isFragment }: OpenDocument): FileSchema => (isFragment ? fragmentSchema : pipelineSchema);
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
  /** Checks a document that has changed, and those that may say something of it: a pipeline and its fragments. */
  const checkWith = (uri: string): void => {
    const changed = documents.get(uri);
    for (const [other, document] of documents) {
      if (other !== uri && changed?.isFragment !== true && !document.isFragment) continue;
      if (other !== uri) document.forgetFragments();
      check(other);
    }
  };
  const publish = async (uri: string): Promise<void> => {
    const document = documents.get(uri);
    if (document === undefined) return;
    const { text } = document;
    // A change changes the very text; only its version tells.
    const { version } = text;
    const diagnostics = await document.diagnostics(env);
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
    const outline = await document.outline();
    const all = occurrencesIn([outline]);
    const here = all.find(({ range, path }) => path === outline.path && contains(range, offset));
    return { document, offset, all, here };
  };
  const everywhere = async ({ document }: Found): Promise<Everywhere> => {
    const outlines = await workspace.together(document);
    return { outlines, all: occurrencesIn(outlines) };
  };
  /** An open file keeps the URI that the editor has for it. */
  const uriAt = (path: string): string =>
    [...documents.values()].find((document) => document.path === path)?.text.uri ?? uriOf(path);
  const locations = (document: OpenDocument, own: string, occurrences: readonly Occurrence[]): Location[] =>
    occurrences.map(({ range, path }) => ({
      uri: path === own ? document.text.uri : uriAt(path),
      range: placeOf(range),
    }));

  connection.onInitialize(() => ({ capabilities: CAPABILITIES, serverInfo: { name: 'tfjs-pipelines', version } }));
  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version: first, text } }) => {
    const opened = TextDocument.create(uri, languageId, first, text);
    workspace.open(new OpenDocument(opened, { cwd, read, pipelinesWith }));
    checkWith(uri);
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version: next }, contentChanges }) => {
    documents.get(uri)?.change(contentChanges, next);
    checkWith(uri);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    workspace.close(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  const forget = (): void => {
    workspace.forget();
    for (const uri of documents.keys()) check(uri);
  };
  connection.onDidSaveTextDocument(forget);
  connection.onDidChangeWatchedFiles(forget);

  connection.onCompletion(async ({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (document?.isPipeline !== true) return null;
    const { text } = document;
    return completionItems(await complete(document, text.offsetAt(position), schemaOf(document)), text);
  });
  connection.onHover(async (params) => {
    const found = await find(params);
    if (found === undefined) return null;
    const { document, offset, here } = found;
    const text = hover(offset, await document.outline(), here, schemaOf(document));
    return text === undefined ? null : protocolHover(text, document.text);
  });
  connection.onDefinition(async (params) => {
    const found = await find(params);
    if (found === undefined) return null;
    const { document, offset, all, here } = found;
    const outline = await document.outline();
    const definitions = here === undefined ? [] : sameAs(here, all).filter(({ isDefinition }) => isDefinition);
    if (definitions.length > 0) return locations(document, outline.path, definitions);
    const value = textOf(spotAt(outline.root, offset)?.value);
    const file = /^(.+\.(?:ts|mts|js|mjs|ya?ml))(?:#\w+)?$/u.exec(value ?? '')?.[1];
    const path = file === undefined ? undefined : resolve(await document.baseDir(), file);
    if (path === undefined || !existsSync(path)) return null;
    const start = { line: 0, character: 0 };
    return [{ uri: uriAt(path), range: { start, end: start } }];
  });
  connection.onReferences(async (params) => {
    const found = await find(params);
    if (found?.here === undefined) return null;
    const { includeDeclaration } = params.context;
    const { all, outlines } = await everywhere(found);
    const same = sameAs(found.here, all).filter(({ isDefinition }) => includeDeclaration || !isDefinition);
    return locations(found.document, outlines[0]?.path ?? '', same);
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
    const { document, here } = found;
    const { all, outlines } = await everywhere(found);
    const problem = renameProblem(here, params.newName, outlines);
    if (problem !== undefined) return new ResponseError(ErrorCodes.InvalidParams, problem);
    const changes: Record<string, TextEdit[]> = {};
    for (const { uri, range } of locations(document, outlines[0]?.path ?? '', sameAs(here, all))) {
      (changes[uri] ??= []).push({ range, newText: params.newName });
    }
    return { changes };
  });
  connection.listen();
}
