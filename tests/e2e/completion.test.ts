/**
 * Completion as a shell does it, with the script that it was given.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { describeWith } from '../rig/needs-program.js';
import { runPipeline, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A folder with a pipeline, and with `pipeline` as a command in `bin`. */
function folderWithPipeline(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  const program = `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/runner/cli/main.cjs')}' "$@"\n`;
  writeFileSync(join(folder, 'bin', 'pipeline'), program, { mode: 0o755 });
  writePipeline(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) }, 'demo', [
    'params: {epochs: 3, rate: 0.1}',
  ]);
  mkdirSync(join(folder, 'pipelines'));
  writeFileSync(join(folder, 'pipelines', 'other.yaml'), 'nodes: {one: {component: ./mine.ts, ');
  return folder;
}

async function words(folder: string, ...line: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, status } = await pipeline(folder, ['complete', '--', ...line]);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').flatMap((text) => (text === '' ? [] : [text.split('\t')[0] ?? '']));
}

describe('pipeline complete', () => {
  test('offers commands, options, choices and what the package knows', async () => {
    const folder = folderWithPipeline();
    expect(await words(folder, '')).toEqual(expect.arrayContaining(['run', 'plan', 'explain', 'completion', 'help']));
    expect(await words(folder, '')).not.toContain('complete');
    expect(await words(folder, 're')).not.toContain('run');
    expect(await words(folder, 'run', '--f')).toEqual(['--from', '--force', '--fail-fast']);
    expect(await words(folder, 'run', '--r')).toEqual(['--resources', '--report', '--root']);
    expect(await words(folder, 'runs', '--status', '')).toEqual(expect.arrayContaining(['complete', 'failed']));
    expect(await words(folder, 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await words(folder, 'components', 'Tra')).toEqual(['Transform', 'Trainer']);
  });

  test('offers files, nodes and params of a pipeline, however unfinished, without loading its code', async () => {
    const folder = folderWithPipeline();
    expect(await words(folder, 'run', '')).toEqual(['other.yaml', 'p.yaml']);
    expect(await words(folder, 'run', 'p.yaml', '--from', '')).toEqual(['first', 'second']);
    expect(await words(folder, 'plan', '--no-cache', 'p.yaml', '--only', 'se')).toEqual(['second']);
    expect(await words(folder, '--json', 'run', '--jobs', '2', 'p.yaml', '--set', '')).toEqual(['epochs=', 'rate=']);
    expect(await words(folder, 'run', 'other.yaml', '--from', '')).toEqual(['one']);
    expect(await words(folder, 'run', 'missing.yaml', '--from', '')).toEqual([]);
    expect(await words(folder, 'run', 'p.yaml', '--params-file', '')).toEqual([]);
  });

  test('offers what has run', async () => {
    const folder = folderWithPipeline();
    expect(await words(folder, 'explain', '')).toEqual([]);
    await runPipeline(folder);
    expect(await words(folder, 'explain', '')).toEqual(['first', 'second']);
    expect(await words(folder, 'logs', 'fi')).toEqual(['first']);
    expect(await words(folder, 'show', '')).toEqual(['1']);
    expect(await words(folder, 'runs', '--pipeline', '')).toEqual(['demo']);
  });
});

/** What a shell that was given its script makes of a line. */
function completedBy(shell: string, script: string, folder: string): readonly string[] {
  const path = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const { stdout, stderr } = spawnSync(shell, ['-c', script], {
    cwd: folder,
    env: { PATH: path, HOME: folder },
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

describeWith('bash')('bash', () => {
  /** Presses TAB after these words. */
  const press = (folder: string, ...line: readonly string[]): readonly string[] => {
    const typed = ['pipeline', ...line].map((word) => `'${word}'`).join(' ');
    const script = [
      'set -eu',
      'eval "$(pipeline completion bash)"',
      'complete -p pipeline | grep -q _pipeline_complete',
      `COMP_WORDS=(${typed}); COMP_CWORD=${String(line.length)}`,
      '_pipeline_complete || true',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    return completedBy('bash', script, folder);
  };

  test('completes commands, options and nodes', () => {
    const folder = folderWithPipeline();
    expect(press(folder, 'expl')).toEqual(['explain']);
    expect(press(folder, 'run', 'p.yaml', '--fr')).toEqual(['--from']);
    expect(press(folder, 'run', 'p.yaml', '--from', '')).toEqual(['first', 'second']);
    expect(press(folder, 'run', 'p.yaml', '--set', 'ep')).toEqual(['epochs=']);
    expect(press(folder, 'run', '')).toEqual(['other.yaml', 'p.yaml']);
  });
});

describeWith('fish')('fish', () => {
  test('completes nodes', () => {
    const script = 'pipeline completion fish | source; complete -C "pipeline run p.yaml --from "';
    expect(completedBy('fish', script, folderWithPipeline())).toEqual(['first', 'second']);
  });
});

describeWith('zsh')('zsh', () => {
  test('takes the script', () => {
    const script = 'autoload -Uz compinit && compinit -u; eval "$(pipeline completion zsh)"; print $_comps[pipeline]';
    expect(completedBy('zsh', script, folderWithPipeline())).toEqual(['_pipeline_complete']);
  });
});

test('an unknown shell is refused', async () => {
  const { status, stderr } = await pipeline(temporaryFolder(), ['completion', 'tcsh']);
  expect(status).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
