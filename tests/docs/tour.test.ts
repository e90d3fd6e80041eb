/**
 * The tour is taken: its files are written, its commands are run, and they say what the page says. Times, moments and
 * digests are other ones here, but the same digest must stand wherever the page has the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Blocks of the page, in order: files to write and commands to run. */
const blocks = [...readFileSync('docs/tour.md', 'utf8').matchAll(/^```(\w+)(?: file=(\S+))?\n([^]*?)^```$/gmu)].map(
  ([, language = '', file, text = '']) => ({ language, file, text }),
);

/** A command with the output that the page shows. */
interface Shown {
  readonly args: readonly string[];
  readonly output: string;
}

function commandsOf(text: string): readonly Shown[] {
  return text
    .split(/^\$ pipeline /mu)
    .filter((part) => part !== '')
    .map((part) => {
      const [command = '', ...lines] = part.trimEnd().split('\n');
      return { args: command.split(' '), output: lines.join('\n') };
    });
}

/** What is the same on every machine; columns are as wide as what stands in them. */
function steady(text: string): string {
  return text
    .trimEnd()
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/gu, 'MOMENT')
    .replaceAll(/~?\b\d+(?:\.\d+)?(?:ms|s)\b(?: \d\ds)?/gu, 'TIME')
    .replaceAll(/, (?:which saved|which took|saved) TIME/gu, '')
    .replaceAll(/\d+ at a time/gu, 'N at a time')
    .replaceAll(/(?<=\S) +/gu, ' ');
}

const DIGEST = /\b[0-9a-f]{12}\b/gu;

/** The pattern of an output: `…` on a line of its own stands for any lines, a digest for any digest. */
function patternOf(output: string): RegExp {
  const lines = steady(output)
    .split('\n')
    .map((line) =>
      line === '…'
        ? '(?:.*\n)*?'
        : `${line.replaceAll(/[\\^$.*+?()[\]{}|]/gu, '\\$&').replaceAll(DIGEST, '([0-9a-f]{12})')}\n`,
    );
  return new RegExp(`^${lines.join('')}$`, 'u');
}

test('the tour goes as docs/tour.md says', async () => {
  const folder = temporaryFolder();
  const here = new Map<string, string>();
  const there = new Map<string, string>();
  let commands = 0;
  for (const { language, file, text } of blocks) {
    if (file !== undefined) writeFileSync(join(folder, file), text);
    if (language !== 'console') continue;
    for (const { args, output } of commandsOf(text)) {
      const { stdout, stderr } = await pipeline(folder, args);
      const said = `${steady(stdout)}\n`;
      const match = patternOf(output).exec(said);
      if (match === null) throw new Error(`pipeline ${args.join(' ')} says otherwise:\n${stdout}${stderr}`);
      (steady(output).match(DIGEST) ?? []).forEach((shown, index) => {
        const found = match[index + 1] ?? '';
        expect({ shown, found: here.get(shown) ?? found }).toEqual({ shown, found });
        expect({ found, shown: there.get(found) ?? shown }).toEqual({ found, shown });
        here.set(shown, found);
        there.set(found, shown);
      });
      commands++;
    }
  }
  expect(commands).toBeGreaterThan(15);
  for (const command of ['plan', 'run', 'explain', 'diff', 'lineage']) {
    expect(blocks.some(({ text }) => text.includes(`$ pipeline ${command} `))).toBe(true);
  }
});
