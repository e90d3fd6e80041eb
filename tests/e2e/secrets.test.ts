import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { cutLines, maskFor } from '../../runner/execution/mask.js';
import { pipeline } from '../rig/cli.js';
import { collectors } from '../rig/collector.js';
import { scriptStep, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const collector = collectors();

const SECRET = 'tr0ub4dor&3 "quoted"';

/** Every form that a program is likely to write a secret in. */
const FORMS = [
  SECRET,
  JSON.stringify(SECRET).slice(1, -1),
  encodeURIComponent(SECRET),
  Buffer.from(SECRET).toString('base64').replace(/=+$/u, ''),
  // As in a header `Authorization: Basic`; the last characters depend on what follows.
  Buffer.from(`user:${SECRET}`).toString('base64').slice(8, -4),
];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile());
}

/** Files that hold a secret in any form. */
function leaks(folder: string): readonly string[] {
  return filesBelow(folder).filter((path) => {
    const text = readFileSync(path, 'latin1');
    return FORMS.some((form) => text.includes(form));
  });
}

const says =
  "const s = process.env.KEY; console.log('plain ' + s, JSON.stringify({ s }), encodeURIComponent(s), Buffer.from(s).toString('base64'), Buffer.from('user:' + s).toString('base64'));";

describe('a secret', () => {
  test('reaches the program, and nothing else that is written, sent or seen', async () => {
    const folder = temporaryFolder();
    const env = { KEY: '${secrets.TOKEN}' };
    // What every process of the machine was started with is for all to see.
    const commands =
      "const fs = require('fs'); const lines = fs.existsSync('/proc/self/cmdline') ? fs.readdirSync('/proc').map((pid) => { try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8') } catch { return '' } }) : [];";
    const good = `${says} ${commands} fs.writeFileSync(process.argv[1] + '/data', s.length + ' ' + lines.filter((line) => line.includes(s)).length)`;
    const hook = (file: string): object => ({
      command: [
        process.execPath,
        '-e',
        `${says} require('fs').writeFileSync('${file}', require('fs').readFileSync(0)); process.exit(1)`,
      ],
      env,
    });
    write(
      folder,
      {
        good: scriptStep(good, {}, { env }),
        bad: scriptStep(`${says} console.error(s); process.exit(1)`, {}, { env, retries: { times: 1, pause: '1ms' } }),
      },
      'demo',
      [
        'secrets: [TOKEN]',
        `on_failure: ${JSON.stringify([hook('summary.json'), { webhook: 'http://127.0.0.1:1/${secrets.TOKEN}' }])}`,
      ],
    );
    const seen = await collector();
    const around = {
      TOKEN: SECRET,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: folder,
      GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
      OTEL_EXPORTER_OTLP_ENDPOINT: seen.url,
    };
    for (const format of [['--report', 'page.html', '--metrics-file', 'pipeline.prom'], ['--json']]) {
      const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml', ...format], around);
      expect(status).toBe(1);
      expect(stdout).toContain('***');
      for (const form of FORMS) expect(stdout + stderr).not.toContain(form);
    }
    expect((await pipeline(folder, ['export', '1', '-o', 'run.tar.gz'])).status).toBe(0);
    writeFileSync(join(folder, 'run.tar'), gunzipSync(readFileSync(join(folder, 'run.tar.gz'))));
    for (const file of ['page.html', 'pipeline.prom', 'summary.md', 'summary.json']) {
      expect([file, existsSync(join(folder, file))]).toEqual([file, true]);
    }
    expect(leaks(folder)).toEqual([]);
    expect(seen.received.length).toBeGreaterThan(0);
    for (const form of FORMS) expect(JSON.stringify(seen.received)).not.toContain(form);
    const data = filesBelow(join(folder, '.pipeline', 'artifacts')).find((path) => path.endsWith('data')) ?? '';
    expect(readFileSync(data, 'utf8')).toBe(`${String(SECRET.length)} 0`);
  });

  test('is no ingredient: another value keeps what was made, the name counts', async () => {
    const folder = temporaryFolder();
    const step = scriptStep(
      "require('fs').writeFileSync(process.argv[1] + '/data', '')",
      {},
      { env: { KEY: '${secrets.TOKEN}' } },
    );
    write(folder, { step }, 'demo', ['secrets: TOKEN']);
    writeFileSync(join(folder, 'token.txt'), 'from a file\n');
    await pipeline(folder, ['run', 'p.yaml'], { TOKEN: 'one-value' });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml'], { TOKEN_FILE: join(folder, 'token.txt') });
    expect(stdout).toContain('step: cached, from run 1');
    // A variable of the name that the program sees does not get past the declaration, nor into the records.
    const other = await pipeline(folder, ['run', 'p.yaml'], { TOKEN: 'one-value', KEY: SECRET });
    expect(other.stdout).toContain('step: cached, from run 1');
    expect(leaks(join(folder, '.pipeline'))).toEqual([]);
  });

  test('that is missing or too short is refused before anything runs, without being told', async () => {
    const folder = temporaryFolder();
    write(folder, { step: scriptStep('', {}, { env: { KEY: '${secrets.TOKEN}' } }) }, 'demo', ['secrets: [TOKEN]']);
    const cases = [
      [{}, "the secret 'TOKEN' has no value"],
      [{ TOKEN_FILE: '/nowhere/token' }, 'the file that TOKEN_FILE names cannot be read'],
      [{ TOKEN: 'abc9' }, 'too short to be kept out of logs'],
    ] as const;
    for (const [env, message] of cases) {
      const { status, stderr } = await pipeline(folder, ['run', 'p.yaml'], env);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(stderr).not.toContain('abc9');
    }
  });

  test('of several lines is masked line by line; without secrets nothing changes', () => {
    const mask = maskFor(['-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----']);
    expect(mask({ message: 'read abcdefghijkl', list: ['x', 3] })).toEqual({ message: 'read ***', list: ['x', 3] });
    expect(maskFor([])('anything')).toBe('anything');
    expect(maskFor(['abcdef', 'abcdefgh'])('abcdefgh')).toBe('***');
  });

  test('is masked in all forms that programs write it in', () => {
    const secret = 'a\'b c<d>&"(é)*~';
    const mask = maskFor([secret]);
    const base64 = (before: string, after: string): string => Buffer.from(before + secret + after).toString('base64');
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      'a%27b%20c%3Cd%3E%26%22%28%C3%A9%29%2A~',
      'a%27b+c%3Cd%3E%26%22%28%C3%A9%29*%7E',
      `a'\\''b c<d>&"(é)*~`,
      'a\'b c&lt;d&gt;&amp;"(é)*~',
      'a&#39;b c&lt;d&gt;&amp;&quot;(é)*~',
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex').toUpperCase(),
    ]) {
      expect([form, mask(`before ${form} after`)]).toEqual([form, 'before *** after']);
    }
    // Wherever it begins and ends in what is encoded; one character may be left that holds bits of its neighbours.
    const core = base64('', '').slice(2, -4);
    for (const before of ['', 'u:', 'us:', 'use:']) {
      for (const after of ['', 'x', 'xy', 'xyz']) {
        const masked = mask(base64(before, after));
        expect([before, after, masked]).toEqual([before, after, expect.stringMatching(/^\w{0,6}\*{3}[\w=]{0,7}$/u)]);
        expect(masked).not.toContain(core);
      }
    }
  });

  test('is masked before a line is cut, so that no part of it is left', () => {
    const mask = maskFor(['hunter2-and-more']);
    const line = cutLines(mask(`${'x'.repeat(1990)}hunter2-and-more\nshort`));
    expect(line).toBe(`${'x'.repeat(1990)}***\nshort`);
    expect(cutLines('y'.repeat(5000))).toHaveLength(2000);
  });
});
