import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { expectRefused } from '../rig/refused.js';
import { executed, runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Writes a fragment; its nodes are JSON, which is YAML. */
function fragment(
  folder: string,
  name: string,
  nodes: Readonly<Record<string, string>>,
  top: readonly string[] = [],
): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  const lines = Object.entries(nodes).map(([node, text]) => `  ${node}: ${text}`);
  writeFileSync(join(folder, name), [...top, 'nodes:', ...lines].join('\n'));
}

const include = (...items: readonly object[]): string => `include: ${JSON.stringify(items)}`;

/** What `validate` says. */
async function validated(folder: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await pipeline(folder, ['validate', ...args]);
  expect(stderr === '').toBe(status === 0);
  return stdout + stderr;
}

test('validate checks a fragment as the pipelines around it include it, or as it stands alone', async () => {
  const folder = temporaryFolder();
  const top = ['params: {word: {type: string}}', 'inputs: {base: File}'];
  const inner = include({ file: 'parts/inner.yaml', as: 'low' });
  fragment(folder, 'parts/inner.yaml', { deep: step('deep', 'd') });
  fragment(folder, 'parts/part.yaml', { one: step('one', '${params.word}', { in: 'inputs.base' }) }, [...top, inner]);
  expect(await validated(folder, 'parts/inner.yaml')).toBe(
    'parts/inner.yaml: fragment is valid, 1 node; no pipeline includes it yet\n',
  );
  const given = { params: { word: 'x' }, inputs: { base: 'a.report' } };
  write(folder, { a: step('a', 'A') }, 'demo', [include({ file: 'parts/part.yaml', as: 'p', ...given })]);
  const answer = await validated(join(folder, 'parts'), 'part.yaml', '--json');
  expect(JSON.parse(answer)).toMatchObject({
    type: 'valid-fragment',
    file: 'part.yaml',
    includedBy: [join(folder, 'p.yaml')],
    nodes: [{ name: 'one' }, { name: 'low_deep' }],
  });
  fragment(folder, 'parts/inner.yaml', { deep: step('deep', 'd', { in: 'nothing.report' }) });
  const bad = await validated(folder, 'parts/part.yaml');
  expect(bad).toContain("error[unknown-node]: there is no node 'nothing'");
  expect(bad).toContain('--> parts/inner.yaml:2:');
  expect(bad).toContain('--> parts/part.yaml:3:');
  expect(await validated(folder, 'parts/part.yaml', '--set', 'word=x')).toContain('not-a-pipeline');
});

describe('include', () => {
  test('nodes of a fragment run under its name, with its params and inputs; again, they are cached', async () => {
    const folder = temporaryFolder();
    const top = ['params: {word: {type: string}, more: 1}', 'inputs: {base: File}'];
    fragment(
      folder,
      'fragments/part.yaml',
      {
        first: step('first-${params.word}', '${params.word}', { in: 'inputs.base' }),
        second: step('second', '2', { in: 'first.report' }, { when: 'params.more > 0', after: 'first' }),
        never: step('never', 'n', { in: 'first.report' }, { when: 'nodes.second.outputs.report.bytes > 1000' }),
      },
      top,
    );
    const one = {
      file: 'fragments/part.yaml',
      as: 'one',
      params: { word: '${params.said}' },
      inputs: { base: 'a.report' },
    };
    const two = { ...one, as: 'two', params: { word: 'lo', more: 0 }, inputs: { base: ['one_second.report'] } };
    const outer = ['params: {said: hello}', include(one, two)];
    write(folder, { a: step('a', 'A'), last: step('last', 'z', { in: 'two_first.report' }) }, 'demo', outer);
    expect(await run(folder)).toEqual({
      a: 'completed',
      one_first: 'completed',
      one_second: 'completed',
      one_never: 'skipped',
      two_first: 'completed',
      two_second: 'skipped',
      two_never: 'skipped',
      last: 'completed',
    });
    expect(executed(folder, 'first-hello')).toBe(1);
    const again = await run(folder, '--to', 'last');
    expect(again).toEqual({
      a: 'cached',
      one_first: 'cached',
      one_second: 'cached',
      two_first: 'cached',
      last: 'cached',
    });
  });

  test('a node that moves into a fragment stays cached; what makes it run again is told by its place there', async () => {
    const folder = temporaryFolder();
    write(folder, { a: step('a', 'A'), b: step('b', 'B', { in: 'a.report' }) });
    await run(folder);
    fragment(folder, 'part.yaml', { b: step('b', 'B', { in: 'inputs.in' }) }, ['inputs: {in: File}']);
    const parts = include({ file: 'part.yaml', as: 'part', inputs: { in: 'a.report' } });
    write(folder, { a: step('a', 'A') }, 'demo', [parts]);
    expect(await run(folder)).toEqual({ a: 'cached', part_b: 'cached' });
    fragment(folder, 'part.yaml', { b: step('b', 'C', { in: 'inputs.in' }) }, ['inputs: {in: File}']);
    expect(await run(folder)).toEqual({ a: 'cached', part_b: 'completed' });
    const { stdout } = await pipeline(folder, ['explain', 'part_b']);
    expect(stdout).toMatch(/part\.yaml:3:\d+/u);
  });

  test('fragments include others, up to a depth; instances of a node come as a list', async () => {
    const folder = temporaryFolder();
    const inner = include({
      file: 'inner.yaml',
      as: 'in',
      inputs: { all: 'each.report' },
      params: { word: '${params.w}' },
    });
    fragment(folder, 'outer.yaml', { each: step('each', '${each.x}', {}, { for_each: { x: [1, 2] } }) }, [
      'params: {w: w}',
      inner,
    ]);
    fragment(folder, 'inner.yaml', { gather: step('gather', '${params.word}', { all: 'inputs.all' }) }, [
      'params: {word: {type: string}}',
      'inputs: {all: File}',
    ]);
    write(folder, { z: step('z', 'z', { in: 'out_in_gather.report' }) }, 'demo', [
      include({ file: 'outer.yaml', as: 'out' }),
    ]);
    expect(Object.keys(await run(folder)).sort()).toEqual(['out_each[1]', 'out_each[2]', 'out_in_gather', 'z'].sort());

    for (let i = 0; i < 12; i++) {
      const next = include({ file: `deep/${String(i + 1)}.yaml`, as: 'd' });
      fragment(folder, `deep/${String(i)}.yaml`, { n: step('n', 'n') }, i < 11 ? [next] : []);
    }
    write(folder, { z: step('z', 'z') }, 'demo', [include({ file: 'deep/0.yaml', as: 'd' })]);
    await expectRefused(folder, ['run', 'p.yaml'], 'out-of-range', 'included 8 deep', 'deep/7.yaml:1:');
    const twice = include({ file: 'wide/1.yaml', as: 'a' }, { file: 'wide/1.yaml', as: 'b' });
    for (let i = 0; i < 8; i++) {
      const next = twice.replaceAll('wide/1', `wide/${String(i + 1)}`);
      fragment(folder, `wide/${String(i)}.yaml`, { n: step('n', 'n') }, i < 7 ? [next] : []);
    }
    write(folder, { z: step('z', 'z') }, 'demo', [include({ file: 'wide/0.yaml', as: 'w' })]);
    await expectRefused(folder, ['validate', 'p.yaml'], 'out-of-range', '200 in all');
  });

  test('an input that is optional and not given is like an output of a skipped node', async () => {
    const folder = temporaryFolder();
    const inner = include({ file: 'inner.yaml', as: 'in', inputs: { old: 'inputs.old' } });
    fragment(folder, 'inner.yaml', { n: step('n', 'n', { in: 'inputs.old' }) }, [
      'inputs: {old: {type: File, optional: true}}',
    ]);
    fragment(
      folder,
      'part.yaml',
      {
        compare: step('compare', 'c', { new: 'inputs.new', old: 'inputs.old' }),
        both: step('both', 'b', { all: ['inputs.new', 'inputs.old'] }, { when: 'params.deploy' }),
        after: step('after', 'a', { in: 'compare.report' }),
      },
      ['params: {deploy: true}', 'inputs: {new: File, old: {type: File, optional: true, description: Before.}}', inner],
    );
    const first = { file: 'part.yaml', as: 'first', inputs: { new: 'a.report' } };
    const second = { file: 'part.yaml', as: 'second', inputs: { new: 'a.report', old: 'first_both.report' } };
    write(folder, { a: step('a', 'A') }, 'demo', [include(first, second)]);
    expect(await run(folder)).toEqual({
      a: 'completed',
      first_compare: 'skipped',
      first_both: 'completed',
      first_after: 'skipped',
      first_in_n: 'skipped',
      second_compare: 'completed',
      second_both: 'completed',
      second_after: 'completed',
      second_in_n: 'completed',
    });
    const { stdout } = await pipeline(folder, ['plan', 'p.yaml']);
    expect(stdout).toMatch(/first_compare .*inputs\.old is given/u);
    expect(stdout).toMatch(/first_after .*first_compare\.report, which was skipped/u);
  });

  test('a link that leads out of the folder is refused, one inside is followed', async () => {
    const outside = temporaryFolder();
    const folder = temporaryFolder();
    fragment(outside, 'secret.yaml', { n: step('n', 'n') });
    fragment(folder, 'real.yaml', { n: step('n', 'n') });
    symlinkSync(join(outside, 'secret.yaml'), join(folder, 'out.yaml'));
    symlinkSync(outside, join(folder, 'out'));
    symlinkSync('real.yaml', join(folder, 'in.yaml'));
    for (const file of ['out.yaml', 'out/secret.yaml']) {
      write(folder, { a: step('a', 'A') }, 'demo', [include({ file, as: 'x' })]);
      await expectRefused(folder, ['run', 'p.yaml'], 'not-allowed', 'leads out of the folder', 'p.yaml:3:');
    }
    write(folder, { a: step('a', 'A') }, 'demo', [include({ file: 'in.yaml', as: 'x' })]);
    expect(await run(folder)).toEqual({ a: 'completed', x_n: 'completed' });
  });

  test('an error in a fragment is told there, with where it is included', async () => {
    const folder = temporaryFolder();
    fragment(folder, 'parts/bad.yaml', { n: JSON.stringify({ component: 'Comand' }) });
    write(folder, { a: step('a', 'A') }, 'demo', [include({ file: 'parts/bad.yaml', as: 'x' })]);
    const { stderr } = await expectRefused(folder, ['run', 'p.yaml'], 'unknown-component', 'parts/bad.yaml:2:');
    expect(stderr).toMatch(/p\.yaml:3:\d+[^]*included here/u);
    const { stdout } = await pipeline(folder, ['validate', 'p.yaml', '--json']);
    expect(events(stdout)[0]).toMatchObject({
      diagnostics: [
        {
          place: { file: 'parts/bad.yaml', line: 2 },
          related: [{ message: 'included here', place: { file: 'p.yaml', line: 3 } }],
        },
      ],
    });
  });
});
