/**
 * What docs/editors.md gives to be copied works.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LanguageClient } from '../rig/language-client.js';
import { installPackage } from '../rig/own-package.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const page = readFileSync('docs/editors.md', 'utf8');

function snippet(language: string): string {
  const text = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'mu').exec(page)?.[1];
  if (text === undefined) throw new Error(`no ${language} in docs/editors.md`);
  return text;
}

/** The file that the first line of a pipeline names as its schema. */
function schemaOf(text: string, folder: string): string {
  const path = /^# yaml-language-server: \$schema=(\S+)\n/u.exec(text)?.[1];
  if (path === undefined) throw new Error(`no schema in ${text.slice(0, 80)}`);
  return resolve(folder, path);
}

interface ClientOptions {
  readonly documentSelector: readonly unknown[];
}

interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string };
}

test('the schema line leads to the schema', () => {
  const folder = temporaryFolder();
  installPackage(folder);
  expect(schemaOf(snippet('yaml'), folder)).toBe(
    join(folder, 'node_modules/tfjs-pipelines/schemas/pipeline.schema.json'),
  );
  const { title } = JSON.parse(readFileSync(schemaOf(snippet('yaml'), folder), 'utf8')) as { title: string };
  expect(title).toBe('Pipeline');
});

const examples = readdirSync('pipelines').filter((name) => name.endsWith('.yaml'));
test.each(examples)('pipelines/%s names the schema', (name) => {
  const path = schemaOf(readFileSync(join('pipelines', name), 'utf8'), 'pipelines');
  expect(path).toBe(resolve('schemas/pipeline.schema.json'));
});

describe('the client for Visual Studio Code', () => {
  test('has a manifest that starts it', () => {
    const manifest = JSON.parse(snippet('json')) as Readonly<Record<string, unknown>>;
    expect(manifest['main']).toBe('./extension.js');
    expect(manifest['activationEvents']).toEqual(['onLanguage:yaml']);
  });

  test('starts a server that answers', async () => {
    const folder = temporaryFolder();
    installPackage(folder);
    const started: { server: ServerOptions; client: ClientOptions }[] = [];
    class FakeClient {
      constructor(_: string, __: string, server: ServerOptions, client: ClientOptions) {
        started.push({ server, client });
      }
      start(): Promise<void> {
        return Promise.resolve();
      }
    }
    const workspace = {
      workspaceFolders: [{ uri: { fsPath: folder } }],
      createFileSystemWatcher: () => ({}),
    };
    const modules: Readonly<Record<string, unknown>> = {
      'node:path': { join },
      vscode: { workspace },
      'vscode-languageclient/node': { LanguageClient: FakeClient },
    };
    const exported: { activate?: () => Promise<void> } = {};
    const load = new Function('require', 'exports', snippet('js')) as (require: unknown, exports: unknown) => void; // eslint-disable-line @typescript-eslint/no-implied-eval -- the page's own program
    load((name: string) => modules[name], exported);
    await exported.activate?.();
    const [{ server, client } = {}] = started;
    if (server === undefined) throw new Error('no client was made');
    expect(existsSync(server.args[0] ?? '')).toBe(true);
    expect(client?.documentSelector).toEqual([{ scheme: 'file', language: 'yaml' }]);
    const text = snippet('yaml').replace('Command', 'Comand');
    writeFileSync(join(folder, 'count.yaml'), text);
    const editor = await LanguageClient.start(server.options.cwd, [server.command, ...server.args]);
    await editor.open(join(folder, 'count.yaml'), text);
    expect(await editor.diagnostics()).toMatchObject([{ code: 'unknown-component' }]);
    expect(await editor.stop()).toBe(0);
  });
});
