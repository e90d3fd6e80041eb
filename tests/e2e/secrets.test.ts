import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { maskFor } from '../../runner/execution/mask.js';
import { pipeline } from '../rig/cli.js';
import { scriptStep, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const SECRET = 'tr0ub4dor&3 "quoted"';

/** Every form that a program is likely to write a secret in. */
const FORMS = [
  SECRET,
  JSON.stringify(SECRET).slice(1, -1),
  encodeURIComponent(SECRET),
  Buffer.from(SECRET).toString('base64').replace(/=+$/u, ''),
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
  "const s = process.env.KEY; console.log('plain ' + s, JSON.stringify({ s }), encodeURIComponent(s), Buffer.from(s).toString('base64'));";

describe('a secret', () => {
  test('reaches the program, and neither output, log, metadata nor any other file of the store', async () => {
    const folder = temporaryFolder();
    const env = { KEY: '${secrets.TOKEN}' };
    write(
      folder,
      {
        good: scriptStep(
          `${says} require('fs').writeFileSync(process.argv[1] + '/data', String(s.length))`,
          {},
          { env },
        ),
        bad: scriptStep(`${says} console.error(s); process.exit(1)`, {}, { env, retries: { times: 1, pause: '1ms' } }),
      },
      'demo',
      ['secrets: [TOKEN]'],
    );
    for (const format of [[], ['--json']]) {
      const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml', ...format], { TOKEN: SECRET });
      expect(status).toBe(1);
      expect(stdout).toContain('***');
      for (const form of FORMS) expect(stdout + stderr).not.toContain(form);
    }
    expect(leaks(join(folder, '.pipeline'))).toEqual([]);
    const data = filesBelow(join(folder, '.pipeline', 'artifacts')).find((path) => path.endsWith('data')) ?? '';
    expect(readFileSync(data, 'utf8')).toBe(String(SECRET.length));
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
});
