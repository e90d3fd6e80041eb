import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { expectRefused } from '../rig/refused.js';
import { failingStep, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const MEASURE = `
import { artifactTypes, defineSpec, output, param } from 'tfjs-pipelines';
import { writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Measure', doc: 'Writes what a training and an evaluation leave.',
  outputs: {
    run: output(artifactTypes.get('ModelRun')!),
    evaluation: output(artifactTypes.get('ModelEvaluation')!),
    examples: output(artifactTypes.get('Examples')!),
  },
  params: { right: param.integer({ doc: '' }) },
});
export const execute = async ({ outputs, params: { right }, log, metric }) => {
  log.info('<script>alert(1)</script>');
  const name = '"><script>alert(2)</script><!--';
  metric('accuracy', right / 10);
  metric(name, right);
  const epochs = [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, accuracy: epoch / 4, val_loss: 2 / epoch, [name]: right }));
  writeFileSync(outputs.run.path + '/history.json', JSON.stringify({ epochs, kept: 3 }));
  const one = (name, support) => ({ name, support, predicted: support, precision: 1, recall: 1, f1: 1 });
  writeFileSync(outputs.evaluation.path + '/evaluation.json', JSON.stringify({
    version: 1, kind: 'classification', loss: null, metrics: {}, confusions: [],
    per_class: [one('<b>cat', 10), one('dog', 10)],
    confusion_matrix: [[right, 10 - right], [0, 10]],
  }));
  writeFileSync(outputs.examples.path + '/examples.json', JSON.stringify({
    version: 1, features: { image: { kind: 'image', encoding: 'raw', height: 28, width: 28, channels: 1 }, [name]: { kind: right === 7 ? 'integer' : 'string' } },
    splits: { train: { examples: 100 * right, files: [] } },
  }));
};`;

function writeMeasuring(folder: string): void {
  writeFileSync(join(folder, 'measure.ts'), MEASURE);
  writeFileSync(
    join(folder, 'm.yaml'),
    'version: 1\nname: measuring\nparams: {right: 7}\nnodes:\n  measure: {component: ./measure.ts, params: {right: "${params.right}"}}\n',
  );
}

/** What a page that opens from the disk must keep to: nothing loaded, nothing executed, a policy that forbids both. */
function expectSelfContained(page: string): void {
  expect(page).not.toMatch(/<script|javascript:|\son\w+=|<link|<iframe|@import|url\(|\sstyle="/iu);
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/u);
  const styles = /<style>([^]*?)<\/style>/u.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(styles).digest('base64');
  expect(page.match(/<style>/gu)).toHaveLength(1);
  expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`);
}

describe('pipeline report', () => {
  test('writes one page with all that is known of a run', async () => {
    const folder = temporaryFolder();
    writeMeasuring(folder);
    const ran = await pipeline(folder, ['run', 'm.yaml', '--report', 'page.html']);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    expectSelfContained(page);
    expect(page).toContain('measuring, run 1');
    expect(page).toContain('class="drawing"');
    expect(page).toContain('Training: measure.run');
    expect(page.match(/class="chart"/gu)).toHaveLength(3);
    expect(page).toMatch(/Confusion matrix: .*measure\.evaluation/u);
    expect(page).toContain('&lt;b&gt;cat');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.match(/&lt;script&gt;alert\(2\)/gu)?.length).toBeGreaterThan(2);
    expect(page).toContain('examples in train');
    expect(page).toMatch(/>\s*accuracy\s*<\/td>\s*<td class="number">\s*0\.7\s*<\/td>/u);
  });

  test('tells of cached steps where they are from, and what they said there', async () => {
    const folder = temporaryFolder();
    writeModelPipeline(folder);
    await runModelPipeline(folder, 'a|<b>', 0.9);
    await runModelPipeline(folder, 'a|<b>', 0.9);
    const { status, stdout } = await pipeline(folder, ['report']);
    expect([status, stdout]).toEqual([0, 'run-2.html: run 2\n']);
    const page = readFileSync(join(folder, 'run-2.html'), 'utf8');
    expectSelfContained(page);
    expect(page).toContain('from run 1');
    expect(page).toContain('a|&lt;b&gt;');
    expect(page).not.toContain('<b>&quot;');
    expect(page).toMatch(/made from[^]*train\.model {2}Model/u);
    expect((await pipeline(folder, ['report', '1', '-o', 'first.html'])).status).toBe(0);
    expect(readFileSync(join(folder, 'first.html'), 'utf8')).toContain('training on a|&lt;b&gt;');
  });

  test('tells what failed, and is written after a run that failed', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { good: step('good', 'g'), bad: failingStep, lost: step('lost', 'l', { in: 'bad.report' }) });
    const { status } = await pipeline(folder, ['run', 'p.yaml', '--report', 'failed.html']);
    expect(status).toBe(1);
    const page = readFileSync(join(folder, 'failed.html'), 'utf8');
    expect(page).toContain('What failed');
    expect(page).toContain('program-failed: ');
  });

  test('shows the ends of logs, however long they are', async () => {
    const folder = temporaryFolder();
    const talk =
      "for (let i = 1; i <= 20000; i++) console.log('line ' + i + ' of many'); require('fs').writeFileSync(process.argv[1] + '/data', '')";
    writePipeline(folder, { talk: scriptStep(talk) });
    await pipeline(folder, ['run', 'p.yaml', '--report', 'page.html']);
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(page).toContain('the last 30 lines');
    expect(page).toContain('line 20000 of many');
    expect(page).toContain('line 19971 of many');
    expect(page).not.toContain('line 19970 of many');
  });

  test('refuses runs that are not there, and folders that are not there', async () => {
    const folder = temporaryFolder();
    await expectRefused(folder, ['report'], 'no-store');
    writePipeline(folder, { good: step('good', 'g') });
    await pipeline(folder, ['run', 'p.yaml']);
    await expectRefused(folder, ['report', '9'], 'no-run');
    const { status, stderr } = await pipeline(folder, ['report', '-o', 'no/where.html']);
    expect(status).toBe(1);
    expect(stderr).toContain('error[missing]');
    mkdirSync(join(folder, 'taken.html'));
    expect((await pipeline(folder, ['report', '-o', 'taken.html'])).status).toBe(1);
    expect(existsSync(join(folder, 'run-9.html'))).toBe(false);
  });
});

describe('pipeline diff', () => {
  test('tells what differs inside artifacts, as text and as a page', async () => {
    const folder = temporaryFolder();
    writeMeasuring(folder);
    await pipeline(folder, ['run', 'm.yaml']);
    await pipeline(folder, ['run', 'm.yaml', '--set', 'right=9']);
    const { stdout } = await pipeline(folder, ['diff', '1', '2']);
    expect(stdout).toMatch(/^ {2}measure\.evaluation +<b>cat +dog +3 +1 +-2$/mu);
    expect(stdout).toMatch(/^ {2}measure\.examples +examples in train +700 +900$/mu);
    const page = (await pipeline(folder, ['diff', '1', '2', '--format', 'html'])).stdout;
    expectSelfContained(page);
    expect(page).toContain('Confusion matrix: <bdi class="name" title="before: measure.evaluation">');
    expect(page).toContain('Confusion matrix: <bdi class="name" title="after: measure.evaluation">');
    expect(page).toContain('Training: before: measure.run');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(2)');
    expect(page).toContain('&lt;b&gt;cat');
  });
});
