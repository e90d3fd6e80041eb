/**
 * What the documents show works: pipelines in them are valid, commands in them are understood, and links lead to files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Command as Parser } from 'commander';
import { componentFinder } from '../../components/registry.js';
import { declareCommands } from '../../runner/cli/declarations/commands.js';
import { loadPipeline } from '../../runner/graph/load-pipeline.js';
import { renderDiagnostic } from '../../runner/source/render-diagnostic.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const root = resolve(import.meta.dirname, '../..');

/** Every document, by its path in the project. */
const documents: readonly (readonly [string, string])[] = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs')).map((name) => join(root, 'docs', name)),
  ...readdirSync(join(root, 'components')).map((name) => join(root, 'components', name, 'README.md')),
]
  .filter((path) => path.endsWith('.md') && existsSync(path))
  .map((path) => [relative(root, path), readFileSync(path, 'utf8')]);

/** Whole pipelines among the code blocks, with the files that their document shows under a name. */
const pipelines = documents.flatMap(([name, text]) => {
  const files = [...text.matchAll(/`([\w/-]+\.yaml)`:\n\n```yaml\n([^]*?)^```$/gmu)];
  const beside = files.map(([, path = '', yaml = '']) => [path, yaml] as const);
  return [...text.matchAll(/^```yaml\n((?:#.*\n)*version: [^]*?)^```$/gmu)].map(
    ([, yaml = ''], index) => [`${name}, ${String(index + 1)}`, yaml, beside] as const,
  );
});

/** Lines of code that begin with the program's name, without the comment at the end. */
const commands = documents.flatMap(([name, text]) =>
  [...text.matchAll(/^(?: {4}|\$ )?(?:npx )?pipeline (.*)$/gmu)]
    .map(([, line = '']) => line.replace(/ +#.*$/u, '').trim())
    .filter((line) => !/[…<|>]/u.test(line))
    .map((line) => [name, line] as const),
);

/** Words of a shell line; quotes keep spaces together. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/gu)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

describe('pipelines in the documents are valid:', () => {
  test.each(pipelines)('%s', async (_, text, beside) => {
    const cwd = temporaryFolder();
    for (const [path, yaml] of beside) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), yaml);
    }
    writeFileSync(join(cwd, 'pipeline.yaml'), text);
    const loaded = await loadPipeline({
      file: 'pipeline.yaml',
      cwd,
      set: [],
      paramsFiles: [],
      env: {},
      components: componentFinder,
    });
    expect(loaded.ok ? [] : loaded.diagnostics.map(renderDiagnostic)).toEqual([]);
  });
});

describe('commands in the documents are understood:', () => {
  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(10);
  });
  test.each(commands)('%s: pipeline %s', async (_, line) => {
    let started = 0;
    const program = new Parser('pipeline')
      .option('--root <dir>')
      .option('--json')
      .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
      .exitOverride();
    declareCommands(program, () => {
      started++;
      return Promise.resolve();
    });
    for (const command of program.commands) command.exitOverride();
    if (/^(?:--help|--version|help\b)/u.test(line)) return;
    await program.parseAsync(words(line), { from: 'user' });
    expect(started).toBe(1);
  });
});

describe('links in the documents lead to files:', () => {
  test.each(documents)('%s', (name, text) => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/gu)].map(([, target = '']) => target);
    const local = targets.filter((target) => !/^https?:/u.test(target));
    expect(local.filter((target) => !existsSync(join(root, dirname(name), target)))).toEqual([]);
  });
});
