import { describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A step that says what is written into the file `say`, and ends when that is `end`, or when its folder is gone. */
const TALKER = [
  "const fs = require('fs'); let last = '';",
  "setInterval(() => { const now = fs.existsSync('say') ? fs.readFileSync('say', 'utf8') : 'waiting';",
  "if (!fs.existsSync('p.yaml')) process.exit();",
  "if (now === 'end') { fs.writeFileSync(process.argv[1] + '/data', ''); process.exit(); }",
  'if (now !== last) console.log(now); last = now; }, 10);',
].join(' ');

/** Resolves once the output holds a text. */
function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
    child.on('exit', () => {
      reject(new Error(`ended without '${text}': ${output}`));
    });
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', resolve));
}

function start(): { readonly folder: string; readonly run: ChildProcess } {
  const folder = temporaryFolder();
  const talker = JSON.stringify({
    component: 'Command',
    outputs: { report: 'File' },
    params: { argv: [process.execPath, '-e', TALKER, '${outputs.report}'] },
  });
  writeFileSync(join(folder, 'p.yaml'), `version: 1\nname: demo\nnodes:\n  talker: ${talker}\n`);
  return { folder, run: startPipeline(folder, ['run', 'p.yaml', '--json']) };
}

describe('pipeline logs --follow', () => {
  test('goes on as the step goes on, and ends with it', async () => {
    const { folder, run } = start();
    const runEnds = ended(run);
    await said(run, 'waiting');
    const follower = startPipeline(folder, ['logs', 'talker', '--follow']);
    const followerEnds = ended(follower);
    await said(follower, 'info waiting');
    writeFileSync(join(folder, 'say'), 'more');
    await said(follower, 'info more');
    writeFileSync(join(folder, 'say'), 'end');
    expect(await Promise.all([runEnds, followerEnds])).toEqual([0, 0]);
  });

  test('ends when the process of the run has died, or on Ctrl-C', async () => {
    const { folder, run } = start();
    const runEnds = ended(run);
    await said(run, 'waiting');
    const [first, second] = [
      startPipeline(folder, ['logs', '1', 'talker', '-f']),
      startPipeline(folder, ['logs', 'talker', '-f']),
    ];
    const ends = [ended(first), ended(second)];
    await Promise.all([said(first, 'waiting'), said(second, 'waiting')]);
    first.kill('SIGINT');
    expect(await ends[0]).toBe(130);
    run.kill('SIGKILL');
    await runEnds;
    expect(await ends[1]).toBe(0);
    writeFileSync(join(folder, 'say'), 'end');
  });
});
