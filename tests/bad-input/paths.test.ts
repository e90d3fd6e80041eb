/**
 * Paths, from a pipeline file and from the command line, that mean something else than they seem to.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { expectRefused } from '../rig/refused.js';
import { step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

describe('a folder for the store', () => {
  test.each([
    ['a file', 'p.yaml'],
    ['below a file', 'p.yaml/x'],
    ['a folder of other things', '.'],
    ['a link to itself', 'loop'],
    ['a name that is too long', 'a'.repeat(300)],
    ['a device', '/dev/null'],
  ])('that is %s is refused', async (_, root) => {
    const folder = temporaryFolder();
    writePipeline(folder, { a: step('a', 'x') });
    symlinkSync('loop', join(folder, 'loop'));
    await expectRefused(folder, ['run', 'p.yaml', '--root', root], 'foreign-folder', '--root');
  });

  (process.platform === 'linux' ? test : test.skip)('that cannot be made is refused, and does not hang', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { a: step('a', 'x') });
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', '--root', '/proc/x']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('/proc/x');
    expect(stderr).not.toContain('defect');
  });
});

describe('a pipeline file', () => {
  test.each(['.', 'f', 'loop', '/dev/zero', 'p.yaml/x', '../../../../nowhere', 'a'.repeat(5000)])(
    'named %j is refused',
    async (name) => {
      const folder = temporaryFolder();
      writePipeline(folder, { a: step('a', 'x') });
      symlinkSync('loop', join(folder, 'loop'));
      spawnSync('mkfifo', [join(folder, 'f')]);
      await expectRefused(folder, ['validate', name], 'file-missing');
    },
  );
});

describe('a path to data', () => {
  test('is a path and nothing else: no address, no escapes, no other separators', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'p'));
    writeFileSync(join(folder, 't.csv'), 'a\n1\n');
    writeFileSync(join(folder, 'p', 't.csv'), 'a\n1\n');
    symlinkSync('loop', join(folder, 'p', 'loop'));
    mkdirSync(join(folder, 'p', 'circle'));
    symlinkSync('.', join(folder, 'p', 'circle', 'self'));
    spawnSync('mkfifo', [join(folder, 'p', 'fifo')]);
    const paths = {
      url: 'file:///etc/passwd#../..',
      escape: '%2e%2e%2ft.csv',
      twice: '%252e%252e%252ft.csv',
      query: 't.csv?x',
      back: '..\\t.csv',
      drive: 'C:\\t.csv',
      unc: '\\\\host\\share\\t.csv',
      dot: 't.csv.',
      long: 'a'.repeat(300),
      loop: 'loop',
      circle: 'circle',
      fifo: 'fifo',
      device: '/dev/zero',
    };
    const nodes = Object.entries(paths).map(
      ([name, path]) =>
        `  ${name}: ${JSON.stringify({ component: 'ExampleGen', params: { source: { csv: { path } } } })}`,
    );
    writeFileSync(join(folder, 'p', 'p.yaml'), ['version: 1', 'name: p', 'nodes:', ...nodes, ''].join('\n'));
    const { status, stdout } = await pipeline(folder, ['run', 'p/p.yaml', '--json']);
    expect(status).toBe(1);
    const failed = stdout
      .split('\n')
      .filter((line) => line.includes('"step-failed"'))
      .map((line) => JSON.parse(line) as { node: string });
    expect(failed.map(({ node }) => node).sort()).toEqual(Object.keys(paths).sort());
    // Each is told with its place in the pipeline file.
    for (const [index, name] of Object.keys(paths).entries()) {
      const line = JSON.stringify(failed.find(({ node }) => node === name));
      expect(line).toContain(`p/p.yaml:${String(index + 4)}:`);
      expect(line).toContain('"resource"');
    }
  });

  test('that holds NUL is refused with its place', async () => {
    const folder = temporaryFolder();
    const params = { source: { csv: { path: 't\0.csv' } } };
    writePipeline(folder, { a: JSON.stringify({ component: 'ExampleGen', params }) });
    await expectRefused(folder, ['run', 'p.yaml'], 'not-allowed', 'p.yaml:4:');
  });
});
