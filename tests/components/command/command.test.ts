import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expandArguments, filesAmong } from '../../../components/command/arguments.js';
import { execute } from '../../../components/command/executor.js';
import { spec } from '../../../components/command/spec.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { testContext, type TestContext } from '../../rig/execution-context.js';

const temporaryFolder = temporaryFolders();

function node(script: string, more: { signal?: AbortSignal; env?: Record<string, string> } = {}): TestContext {
  const argv = [process.execPath, '-e', script, '${outputs.report}'];
  return testContext({ folder: temporaryFolder(), spec, params: { argv }, outputs: ['report'], ...more });
}

const WRITE =
  "const report = process.argv[1]; const write = (text) => require('fs').writeFileSync(report + '/data', text);";

describe('Command', () => {
  test('gives a program its folders and only the declared environment', async () => {
    process.env['UNDECLARED'] = 'x';
    const { context, logs } = node(`${WRITE} write(Object.keys(process.env).sort().join()); console.log('done')`, {
      env: { MODE: 'a' },
    });
    await execute(context as never);
    delete process.env['UNDECLARED'];
    expect(readFileSync(join(context.outputs['report']?.path ?? '', 'data'), 'utf8')).toBe(
      'HOME,LANG,MODE,PATH,PIPELINE_SEED,TMPDIR',
    );
    expect(logs).toEqual(['done']);
  });

  test('fails with the last lines when the program fails', async () => {
    const { context } = node("console.error('no such column'); process.exit(3)");
    await expect(execute(context as never)).rejects.toThrow('no such column');
  });

  test('fails when a program is missing, or writes nothing', async () => {
    const missing = testContext({ folder: temporaryFolder(), spec, params: { argv: ['no-such-program-here'] } });
    await expect(execute(missing.context as never)).rejects.toMatchObject({ code: 'program-missing' });
    await expect(execute(node('0').context as never)).rejects.toMatchObject({ code: 'output-missing' });
  });

  test('is ended with all that it started when it is aborted', async () => {
    const controller = new AbortController();
    const script =
      "const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], {stdio: 'inherit'}); console.log(child.pid); setInterval(() => 0, 1000)";
    const { context, logs } = node(script, { signal: controller.signal });
    const started = new Promise<void>((resolve) => {
      Object.assign(context.log, {
        info: (message: string) => {
          logs.push(message);
          resolve();
        },
      });
    });
    const running = execute(context as never);
    await started;
    expect(Number(logs[0])).toBeGreaterThan(1);
    // The grandchild holds the output open: the step can only end when it has ended too.
    controller.abort(new Error('canceled'));
    await expect(running).rejects.toThrow('canceled');
  });

  test('an input of several artifacts becomes several arguments, or a list inside text', () => {
    const folders = { inputs: { models: ['/a', '/b'] }, outputs: { report: '/r' } };
    expect(expandArguments(['x', '${inputs.models}', '--m=${inputs.models}', '${outputs.report}/f'], folders)).toEqual([
      'x',
      '/a',
      '/b',
      '--m=/a,/b',
      '/r/f',
    ]);
  });

  test('files among the arguments are found, options and folders are not', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'count.py'), '');
    expect(filesAmong(['python3', 'count.py', '.', '-x', '${inputs.a}', 'none.py'], folder)).toEqual(['count.py']);
    expect(filesAmong([`echo ${'long '.repeat(100)}`, 'count.py/x', 'count.py'], folder)).toEqual(['count.py']);
  });
});
