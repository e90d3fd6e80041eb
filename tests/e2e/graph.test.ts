import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { answer } from '../rig/model-pipeline.js';
import { expectRefused } from '../rig/refused.js';
import { failingStep, runPipeline, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A pipeline with a fork, a node for each of several values, a condition, and an order without data. */
function folderWithPipeline(): string {
  const folder = temporaryFolder();
  writePipeline(
    folder,
    {
      raw: step('raw', 'r'),
      clean: step('clean', 'c', { in: 'raw.report' }),
      train: step('train', 't', { in: 'clean.report' }, { for_each: { mode: ['small', '<big>'] } }),
      compare: step('compare', 'x', { models: 'train.report', raw: 'raw.report' }, { when: 'params.compare == "a<b"' }),
      notify: step('notify', 'n', {}, { after: ['compare'] }),
    },
    'demo',
    ['params: {compare: "a<b"}'],
  );
  return folder;
}

async function drawn(folder: string, ...more: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await pipeline(folder, ['graph', 'p.yaml', ...more]);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe('pipeline graph', () => {
  test('draws text: what takes what, instances as one, conditions', async () => {
    expect(await drawn(folderWithPipeline())).toBe(
      [
        '●    raw       Command',
        '├─●  clean     Command  File of raw',
        '│ ●  train ×2  Command  File of clean',
        '│ │    for each mode: small, <big>',
        '●─╯  compare   Command  File of train, File of raw',
        '│      when params.compare == "a<b"',
        '●    notify    Command  after compare',
        '',
      ].join('\n'),
    );
  });

  test('draws SVG in which every name is only text', async () => {
    const svg = await drawn(folderWithPipeline(), '--format', 'svg');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/u);
    expect(svg).not.toContain('<big>');
    expect(svg).toContain('mode: small, &lt;big&gt;');
    expect(svg.match(/class="box"/gu)).toHaveLength(5);
    expect(svg.match(/class="arrow/gu)).toHaveLength(5);
    expect(svg.match(/class="arrow order"/gu)).toHaveLength(1);
    expect(svg).not.toMatch(/<script|href|url\(|style="|\bon\w+=/u);
  });

  test('draws for Mermaid and Graphviz', async () => {
    const folder = folderWithPipeline();
    const mermaid = await drawn(folder, '--format', 'mermaid');
    expect(mermaid).toContain('flowchart TB\n  n0["raw<br/>Command"]\n');
    expect(mermaid).toContain('  n2 -->|"File"| n3\n');
    expect(mermaid).toContain('  n3 -.-> n4\n');
    expect(mermaid).not.toContain('<big>');
    const dot = await drawn(folder, '--format', 'dot');
    expect(dot).toContain(
      'n3 [shape=box, style="dashed", label="compare\\nCommand\\nwhen params.compare == \\"a<b\\""];',
    );
    expect(dot).toContain('n2 -> n3 [label="File"];');
  });

  test('answers in JSON', async () => {
    expect(await answer(folderWithPipeline(), ['graph', 'p.yaml'])).toMatchObject({
      type: 'graph',
      pipeline: 'demo',
      nodes: [
        { name: 'raw', component: 'Command', inputs: [], outputs: { report: 'File' } },
        { name: 'clean', inputs: [{ port: 'in', node: 'raw', output: 'report', type: 'File' }] },
        { name: 'train', each: { mode: ['small', '<big>'] }, instances: ['train[small]', 'train[#2]'] },
        { name: 'compare', when: 'params.compare == "a<b"' },
        { name: 'notify', follows: ['compare'] },
      ],
    });
  });

  test('shows how the nodes ended in a run', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, {
      good: step('good', 'g'),
      bad: failingStep,
      lost: step('lost', 'l', { in: 'bad.report' }),
    });
    await runPipeline(folder);
    expect(await drawn(folder, '--run', '1')).toBe(
      ['✓  good  Command', '✗  bad   Command', '·  lost  Command  File of bad', ''].join('\n'),
    );
    expect(await drawn(folder, '--run', '1', '--format', 'svg')).toContain('class="failed"');
    await expectRefused(folder, ['graph', 'p.yaml', '--run', '7'], 'no-run');
  });

  test('draws thousands of nodes in one line each, and in one picture', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 2000 }, (_, index) => `n${String(index)}`);
    const nodes = names.map((name, index) => {
      const after = [`n${String(index - 1)}`, `n${String(Math.floor(index / 2))}`].filter(
        (need) => index > 1 || need === 'n0',
      );
      return `  ${name}: {component: Command, outputs: {o: File}, params: {argv: ["true"]}, after: [${index === 0 ? '' : [...new Set(after)].join(', ')}]}`;
    });
    writeFileSync(join(folder, 'p.yaml'), ['version: 1', 'name: big', 'nodes:', ...nodes].join('\n'));
    expect((await drawn(folder)).split('\n')).toHaveLength(2001);
    expect((await drawn(folder, '--format', 'svg')).match(/class="box"/gu)).toHaveLength(2000);
  });
});
