/**
 * Components in files of a user's own, for tests of what such code may do.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the body of an executor finds beside the names of its context. */
const HELPERS = `
    const { spawn } = await import('node:child_process');
    const write = (text, path = outputs.report.path) => fs.writeFileSync(join(path, 'data'), text);
    /** Whether this is the first time that it is asked so. */
    const once = (name) => {
      const done = join(baseDir, name + '.done');
      if (fs.existsSync(done)) return false;
      fs.writeFileSync(done, '');
      return true;
    };`;

/**
 * Writes a component `<name>.ts` with an output `report`, and, where it is asked for, an input `in`.
 *
 * @param body - of its executor; finds `write`, `once`, `spawn`, `fs`, `join` and what an executor gets
 * @returns the node as YAML
 */
export function ownComponent(
  folder: string,
  name: string,
  body: string,
  { runsIn = 'runner', from }: { runsIn?: 'runner' | 'worker'; from?: string } = {},
): string {
  const text = `
  import * as fs from 'node:fs';
  import { join } from 'node:path';
  import { artifactTypes, defineSpec, input, output } from 'tfjs-pipelines';
  export const spec = defineSpec({
    name: '${name}', doc: 'A step.', runsIn: '${runsIn}',
    inputs: { ${from === undefined ? '' : "in: input(artifactTypes.get('File')!)"} },
    outputs: { report: output(artifactTypes.get('File')!) },
  });
  export const execute = async ({ inputs, outputs, baseDir, checkpointDir, tempDir, signal, log, metric }) => {
    ${HELPERS}
    ${body}
  };`;
  writeFileSync(join(folder, `${name}.ts`), text);
  return JSON.stringify({ component: `./${name}.ts`, ...(from === undefined ? {} : { inputs: { in: from } }) });
}
