import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { executed, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Writes other bytes every time: how often it was executed, after 70,000 bytes that are always the same. */
const COUNTS = `const fs = require('fs');
  fs.appendFileSync('tries', 'x');
  const n = fs.readFileSync('tries', 'utf8').length;
  const out = process.argv[1];
  fs.mkdirSync(out + '/deep');
  fs.writeFileSync(out + '/deep/count', 'a'.repeat(70000) + n);
  fs.writeFileSync(out + '/same', 'same');
  if (n === 1) fs.writeFileSync(out + '/first', '');
  if (n === 2) fs.writeFileSync(out + '/second', '');`;

const CHECK = ['run', 'p.yaml', '--check-determinism'];

describe('--check-determinism', () => {
  test('tells file by file what differs, and keeps the first result', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { counts: scriptStep(COUNTS), same: step('same', 's', {}, { after: 'counts' }) });
    const { status, stdout } = await pipeline(folder, [...CHECK, '--json']);
    expect(status).toBe(1);
    const checked = events(stdout).filter(({ type }) => type === 'step-checked');
    expect(checked).toMatchObject([
      {
        node: 'counts',
        verdict: 'differs',
        differences: [
          { port: 'report', file: 'deep/count', kind: 'content', offset: 70000 },
          { port: 'report', file: 'first', kind: 'missing' },
          { port: 'report', file: 'second', kind: 'added' },
        ],
      },
      { node: 'same', verdict: 'same', differences: [] },
    ]);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'run-ended', outcome: 'complete' });
    expect(executed(folder, 'same')).toBe(2);
    // What is kept is the first: cached, and nothing is executed.
    const again = await pipeline(folder, [...CHECK, '--json']);
    expect([again.status, executed(folder, 'same')]).toEqual([0, 2]);
    expect(events(again.stdout).filter(({ type }) => type === 'step-checked')).toEqual([]);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
    const text = await pipeline(folder, [...CHECK, '--no-cache']);
    expect(text.stdout).toContain('counts: executed again, and not the same: report/deep/count from byte 70000');
    expect(text.stdout).toContain('same: executed again: the same bytes');
  });

  test('passes over what has effects outside, or is not meant to be deterministic; a second failure counts', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'dice.mjs'),
      `import { appendFileSync, writeFileSync } from 'node:fs';
      import { defineSpec, output, artifactTypes } from 'tfjs-pipelines';
      export const spec = defineSpec({ name: 'Dice', doc: 'Throws.', deterministic: false,
        outputs: { side: output(artifactTypes.get('File')) } });
      export const execute = async ({ outputs }) => {
        appendFileSync('dice.count', 'x');
        writeFileSync(outputs.side.path + '/data', String(Math.random()));
      };`,
    );
    const once = "const fs = require('fs'); if (fs.existsSync('once')) process.exit(9); fs.writeFileSync('once', '');";
    writePipeline(folder, {
      dice: '{component: ./dice.mjs}',
      once: scriptStep(`${once} fs.writeFileSync(process.argv[1] + '/data', '')`),
      after: step('after', 'a', { in: 'once.report' }),
    });
    const { status, stdout } = await pipeline(folder, CHECK);
    expect(status).toBe(1);
    expect(executed(folder, 'dice')).toBe(1);
    expect(stdout).toContain('dice: not executed again: Dice is not meant to be deterministic');
    expect(stdout).toMatch(/once: executed again: it failed: .* ended with status 9/u);
    expect(stdout).toContain('after: executed again: the same bytes');
    expect((await pipeline(folder, ['show', '--json'])).stdout).toContain('COMPLETE');
  });
});
