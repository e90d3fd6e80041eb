/**
 * Makes a small store of the present format, with the project that it belongs to, in one archive: runs that completed, were
 * cached, and failed. Made once for every format that is released, and kept: the tests beside it say that later releases
 * read it.
 *
 *     npm run golden:store -- FILE.tar.gz
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create } from 'tar';
import { Database } from '../../artifacts/metadata/database.js';

const FILES: Readonly<Record<string, string>> = {
  'p.yaml': `version: 1
name: golden
params: {word: word}
nodes:
  words:
    component: ./words.ts
    params: {word: "\${params.word}"}
  count:
    component: ./count.ts
    inputs: {words: words.report}
  extra:
    component: ./count.ts
    inputs: {words: words.report}
    when: nodes.count.metrics.letters > 100.0
`,
  'words.ts': `import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactTypes, defineSpec, output, param, StepError } from 'tfjs-pipelines';

export const spec = defineSpec({
  name: 'Words',
  doc: 'Writes a word twice.',
  outputs: { report: output(artifactTypes.get('File')!) },
  params: { word: param.string({ doc: 'The word.' }) },
});

export const execute = async ({ outputs, params }) => {
  if (params.word === 'none') throw new StepError('no-word', 'there is no word');
  writeFileSync(join(outputs.report.path, 'data'), params.word + ' ' + params.word);
  outputs.report.setProperty('words', 2);
};
`,
  'count.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactTypes, defineSpec, input, output } from 'tfjs-pipelines';

export const spec = defineSpec({
  name: 'Count',
  doc: 'Counts letters.',
  inputs: { words: input(artifactTypes.get('File')!) },
  outputs: { report: output(artifactTypes.get('File')!) },
});

export const execute = async ({ inputs, outputs, metric, log }) => {
  const letters = readFileSync(join(inputs.words.path, 'data'), 'utf8').length;
  log.info(letters + ' letters');
  metric('letters', letters);
  writeFileSync(join(outputs.report.path, 'data'), String(letters));
};
`,
};

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('name the archive');
const folder = mkdtempSync(join(tmpdir(), 'golden-store-'));
try {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const main = resolve('dist/runner/cli/main.cjs');
  const run = (...more: readonly string[]): number | null =>
    spawnSync(process.execPath, [main, 'run', 'p.yaml', '--jobs', '1', ...more], { cwd: folder }).status;
  const statuses = [run(), run(), run('--set', 'word=none')];
  if (statuses.join() !== '0,0,1') throw new Error(`the runs ended with ${statuses.join()}`);
  // Nothing of the machine that it is made on.
  const database = new Database(join(folder, '.pipeline', 'metadata.db'));
  database.run('UPDATE pipeline_run SET owner = ?', '{"boot":"golden","host":"golden","pid":1,"started":"1"}');
  database.execute('VACUUM');
  database.close();
  // The journal is empty now; SQLite may remove it only later, while the rest is packed.
  for (const suffix of ['-wal', '-shm']) rmSync(join(folder, '.pipeline', `metadata.db${suffix}`), { force: true });
  execFileSync('find', [folder, '-exec', 'touch', '--date=2026-01-01', '{}', '+']);
  const names = ['p.yaml', 'words.ts', 'count.ts', '.pipeline'];
  await create({ file, cwd: folder, gzip: { level: 9 }, portable: true }, names);
  console.log(`${file}: ${String(statSync(file).size)} bytes`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
