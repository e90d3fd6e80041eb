/**
 * `pipeline explain`: which ingredient changed, followed to where the change began.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

interface Files {
  readonly data?: string;
  readonly seed?: number;
  readonly greeting?: string;
  readonly comment?: string;
}

/** data → copy → shout; `copy` is a Command, `shout` a component in a file with a helper. */
function write(folder: string, { data = 'a', seed = 1, greeting = 'hello', comment = '' }: Files = {}): void {
  mkdirSync(join(folder, 'own'), { recursive: true });
  writeFileSync(join(folder, 'data.txt'), data);
  writeFileSync(
    join(folder, 'own/helper.ts'),
    `export const greet = (): string => '${greeting}';\nexport function same(): number {\n  return 1;\n}\n`,
  );
  writeFileSync(
    join(folder, 'own/shout.ts'),
    `import { readFileSync, writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, input, output } from 'tfjs-pipelines';
import { greet, same } from './helper.js';
${comment}
const File = artifactTypes.get('File')!;
export const spec = defineSpec({
  name: 'Shout', doc: 'Shouts.', inputs: { text: input(File) }, outputs: { loud: output(File) },
});
export const execute = async ({ inputs, outputs }: {
  inputs: { text: { path: string } }; outputs: { loud: { path: string } };
}) => {
  const text = readFileSync(inputs.text.path + '/data', 'utf8');
  writeFileSync(outputs.loud.path + '/data', greet() + text.toUpperCase() + String(same()));
};
`,
  );
  const script = "const fs = require('fs'); fs.copyFileSync(process.argv[1], process.argv[2] + '/data')";
  writeFileSync(
    join(folder, 'p.yaml'),
    `version: 1
name: demo
nodes:
  copy:
    component: Command
    outputs: { text: File }
    params: { argv: ["${process.execPath}", -e, "${script}", data.txt, "\${outputs.text}"] }
  shout:
    component: ./own/shout.ts
    seed: ${String(seed)}
    inputs: { text: copy.text }
`,
  );
}

async function run(folder: string): Promise<void> {
  const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
  if (status !== 0) throw new Error(stderr);
}

async function explain(folder: string, ...more: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await pipeline(folder, ['explain', 'shout', ...more]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe('explain', () => {
  test('names the function of the file that changed', async () => {
    const folder = temporaryFolder();
    write(folder);
    await run(folder);
    write(folder, { greeting: 'good day', comment: '// a comment' });
    await run(folder);
    const text = await explain(folder);
    expect(text).toContain('shout was executed in run 2: changed: component.code');
    expect(text).toContain('changed own/helper.ts: greet');
    expect(text).not.toContain('own/shout.ts:');
    expect(text).not.toContain('same');
  });

  test('a comment is no change', async () => {
    const folder = temporaryFolder();
    write(folder);
    await run(folder);
    write(folder, { comment: '// a comment' });
    await run(folder);
    expect(await explain(folder)).toContain('shout was cached in run 2: its outputs are those of run 1');
  });

  test('follows a changed input to where the change began', async () => {
    const folder = temporaryFolder();
    write(folder);
    await run(folder);
    write(folder, { data: 'b' });
    await run(folder);
    const text = await explain(folder);
    expect(text).toMatch(/inputs\.text\.0 .*made by copy in run 2/u);
    expect(text).toMatch(/since in copy files\.data\.txt changed: [0-9a-f]{12} → [0-9a-f]{12}/u);
    const { stdout } = await pipeline(folder, ['explain', 'shout', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      comparedWith: { run: 1, node: 'shout' },
      changes: [{ path: 'inputs.text.0', madeBy: { run: 2, node: 'copy' }, causes: [{ path: 'files.data.txt' }] }],
    });
  });

  test('compares with the run that is asked for', async () => {
    const folder = temporaryFolder();
    for (const seed of [1, 2, 3]) {
      write(folder, { seed });
      await run(folder);
    }
    write(folder, { seed: 2 });
    await run(folder);
    expect(await explain(folder)).toContain('shout was cached in run 4: its outputs are those of run 2');
    const text = await explain(folder, '--vs', '1');
    expect(text).toMatch(/compared with run 1 .*:\n/u);
    expect(text).toMatch(/seed +1 +2 +p\.yaml:/u);
    expect(await explain(folder, '--vs', '2')).toContain('all ingredients are the same as in run 2');
  });
});
