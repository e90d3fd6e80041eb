/**
 * Stores that somebody else has had their hands in: artifacts that are not what they were, and records that no run of ours
 * has written. Damage is found and made good; a bad record keeps nobody from all the others.
 */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { Database } from '../../artifacts/metadata/database.js';
import { filesBelow, rows } from '../faults/stored.js';
import { pipeline } from '../rig/cli.js';
import { commandHere, runHere as run } from '../rig/command-here.js';
import { executed, step, writePipeline as write } from '../rig/steps.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const template = sharedFolder();

/** A store in which two steps have run, twice: the second time they were cached. In this process, as most of what follows. */
beforeAll(async () => {
  write(template, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
  expect(await run(template)).toEqual({ first: 'completed', second: 'completed' });
  expect(await run(template)).toEqual({ first: 'cached', second: 'cached' });
});

/** A copy of that store. */
function stored(): { readonly folder: string; readonly root: string } {
  const folder = temporaryFolder(template);
  return { folder, root: join(folder, '.pipeline') };
}

/** Digest of what the first step has made. */
function firstDigest(root: string): string {
  const found = Object.entries(filesBelow(join(root, 'artifacts'))).find(([, content]) => content === 'a');
  return String(found?.[0].split('/')[0]);
}

describe('an artifact', () => {
  const damage: Readonly<Record<string, (artifact: string, manifest: string) => void>> = {
    'with a flipped byte': (artifact) => {
      writeFileSync(join(artifact, 'data'), 'A');
    },
    'with a truncated file': (artifact) => {
      truncateSync(join(artifact, 'data'), 0);
    },
    'with a longer file': (artifact) => {
      appendFileSync(join(artifact, 'data'), 'a');
    },
    'with a missing file': (artifact) => {
      rmSync(join(artifact, 'data'));
    },
    'with an extra file': (artifact) => {
      writeFileSync(join(artifact, 'extra'), '');
    },
    'with a link in place of its file': (artifact) => {
      copyFileSync(join(artifact, 'data'), join(artifact, '..', 'elsewhere'));
      rmSync(join(artifact, 'data'));
      symlinkSync(join('..', 'elsewhere'), join(artifact, 'data'));
    },
    'with a pipe in place of its file': (artifact) => {
      rmSync(join(artifact, 'data'));
      spawnSync('mkfifo', [join(artifact, 'data')]);
    },
    'with a link in place of its folder': (artifact) => {
      const moved = mkdtempSync(join(artifact, '..', 'moved-'));
      renameSync(artifact, join(moved, 'artifact'));
      symlinkSync(join(moved, 'artifact'), artifact);
    },
    'with a file in place of its folder': (artifact) => {
      rmSync(artifact, { recursive: true });
      writeFileSync(artifact, '');
    },
    'with a manifest that was edited': (_, manifest) => {
      writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('data', 'dato'));
    },
    'with a manifest that is torn': (_, manifest) => {
      truncateSync(manifest, 10);
    },
    'with a pipe in place of its manifest': (_, manifest) => {
      rmSync(manifest);
      spawnSync('mkfifo', [manifest]);
    },
    'without its manifest': (_, manifest) => {
      rmSync(manifest);
    },
    'that is gone': (artifact, manifest) => {
      rmSync(artifact, { recursive: true });
      rmSync(manifest);
    },
  };

  test.each(Object.entries(damage))('%s is found, by verify too, and made again', async (name, harm) => {
    const { folder, root } = stored();
    const digest = firstDigest(root);
    const [artifact, manifest] = [join(root, 'artifacts', digest), join(root, 'artifacts', `${digest}.manifest.json`)];
    const spoil = (): void => {
      chmodSync(join(artifact, 'data'), 0o644);
      chmodSync(manifest, 0o644);
      harm(artifact, manifest);
    };
    spoil();
    const verified = await commandHere(folder, ['verify']);
    expect(verified).toMatchObject({ status: 1, stdout: expect.stringContaining('first.report') });
    expect(await run(folder)).toEqual({ first: 'completed', second: 'cached' });
    expect(executed(folder, 'first')).toBe(2);
    // And where a run is the first to look. What is wrong with a manifest alone is seen when the content is looked at.
    spoil();
    const looks = /manifest that/u.test(name) ? ['--force', 'second'] : [];
    expect(await run(folder, ...looks)).toMatchObject({ first: 'completed' });
    expect((await commandHere(folder, ['verify'])).status).toBe(0);
  });
});

test('a manifest that proves itself, and leads out of its artifact, takes nothing out of the store', async () => {
  const { folder, root } = stored();
  const old = join(root, 'artifacts', firstDigest(root));
  for (const path of ['../../../p.yaml', join(folder, 'p.yaml')]) {
    const pipelineFile = readFileSync(join(folder, 'p.yaml'));
    const evil = canonicalJson({
      version: 1,
      files: [{ path, size: pipelineFile.length, sha256: sha256Hex(pipelineFile) }],
    });
    const digest = sha256Hex(evil);
    mkdirSync(join(root, 'artifacts', digest));
    writeFileSync(join(root, 'artifacts', `${digest}.manifest.json`), evil);
    change(root, `UPDATE pipeline_artifact SET digest = '${digest}' WHERE digest = '${basename(old)}'`);
    const { status, stderr } = await commandHere(folder, ['checkout', '1', 'first', '-o', 'a/b/c/d/e']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('are gone')]);
    expect(readdirSync(folder).sort()).toEqual(['.pipeline', 'first.count', 'p.yaml', 'second.count']);
    expect((await commandHere(folder, ['verify'])).status).toBe(1);
    change(root, `UPDATE pipeline_artifact SET digest = '${basename(old)}' WHERE digest = '${digest}'`);
  }
});

/** Commands that read most of what is recorded. */
const READERS: readonly (readonly string[])[] = [
  ['runs'],
  ['show', '--json'],
  ['show', '1'],
  ['explain', 'second', '--run', '1', '--json'],
  ['diff', '1', '2'],
  ['lineage', 'second.report'],
  ['artifacts'],
  ['metrics'],
  ['logs', 'second'],
  ['gc', '--dry-run'],
];

/** What the readers say that cannot be meant for a user. None may crash; what they make of a bad record is theirs. */
async function crashes(folder: string): Promise<readonly string[]> {
  const crashed: string[] = [];
  for (const args of READERS) {
    const { stdout, stderr } = await commandHere(folder, args);
    const text = `${stdout}${stderr}`;
    if (/defect|error\[usage\]|Invalid Date/u.test(text)) crashed.push(`${args.join(' ')}: ${text}`);
  }
  return crashed;
}

/** Values that a column may hold after another program was at it. */
const GARBAGE = ["'garbage'", "'[]'", `'{"a":{}}'`, '-1', '1e300', "x'ff00'"];

/** Columns of ours that hold JSON, enumerations, moments, names and paths, and those of ML Metadata's that we read. */
const COLUMNS: readonly string[] = [
  ...['params', 'owner', 'state', 'started_at', 'ended_at', 'file', 'pipeline'].map((name) => `pipeline_run.${name}`),
  ...['metrics', 'failure', 'timings', 'log', 'started_at', 'ended_at', 'cached_from', 'reason', 'node'].map(
    (name) => `pipeline_execution.${name}`,
  ),
  ...['reusable', 'fingerprint', 'component', 'run_id'].map((name) => `pipeline_execution.${name}`),
  ...['document', 'sources'].map((name) => `pipeline_fingerprint.${name}`),
  ...['properties', 'digest', 'bytes', 'files'].map((name) => `pipeline_artifact.${name}`),
  'pipeline_witness.witness',
  ...['port', 'direction', 'position', 'artifact_id'].map((name) => `pipeline_binding.${name}`),
  ...['Execution.last_known_state', 'Artifact.state', 'Artifact.create_time_since_epoch'],
];

function change(root: string, ...statements: readonly string[]): void {
  const database = new Database(join(root, 'metadata.db'));
  for (const statement of statements) database.execute(statement);
  database.close();
}

/** Runs that say RUNNING are closed by whoever comes next: their records are read then. */
const RUNNING = "UPDATE pipeline_run SET state = 'RUNNING', ended_at = NULL";

/** What must hold of a store whatever its records say: a run goes through. */
async function expectRunnable(folder: string): Promise<void> {
  const ends = await run(folder);
  expect(Object.keys(ends)).toEqual(['first', 'second']);
  expect(Object.values(ends).filter((end) => !['completed', 'cached'].includes(end))).toEqual([]);
}

describe('a record', () => {
  test.each(COLUMNS)('with anything at all in %s: what looks back works, and the next run does too', async (name) => {
    const { folder, root } = stored();
    const [table = '', column = ''] = name.split('.');
    const file = join(root, 'metadata.db');
    const sound = readFileSync(file);
    const crashed: string[] = [];
    // Each column has its turn with some of the values, and below with all of them at once.
    const turn = COLUMNS.indexOf(name);
    for (const value of [0, 2].map((further) => GARBAGE[(turn + further) % GARBAGE.length] ?? '')) {
      writeFileSync(file, sound);
      // A column that is unique takes it in one row.
      change(root, `UPDATE OR IGNORE ${table} SET ${column} = ${value}`, ...(name.endsWith('.state') ? [] : [RUNNING]));
      for (const crash of await crashes(folder)) crashed.push(`${value}: ${crash}`);
    }
    expect(crashed).toEqual([]);
    // Every row with another value.
    writeFileSync(file, sound);
    const values = GARBAGE.map((value, index) => `WHEN ${String(index)} THEN ${value}`).join(' ');
    change(root, `UPDATE OR IGNORE ${table} SET ${column} = CASE rowid % ${String(GARBAGE.length)} ${values} END`);
    expect(await crashes(folder)).toEqual([]);
    await expectRunnable(folder);
  });

  test.each([
    'Execution',
    'Artifact',
    'Context',
    'Type',
    'Event',
    'Association',
    'Attribution',
    'pipeline_run',
    'pipeline_execution',
    'pipeline_fingerprint',
    'pipeline_binding',
    'pipeline_artifact',
    'pipeline_witness',
    'sqlite_sequence',
  ])('that refers to rows of %s that are not there', async (table) => {
    const { folder, root } = stored();
    const file = join(root, 'metadata.db');
    const sound = readFileSync(file);
    const crashed: string[] = [];
    for (const which of ['TRUE', 'rowid % 2 = 0', 'rowid % 2 = 1']) {
      writeFileSync(file, sound);
      change(root, `DELETE FROM ${table} WHERE ${which}`);
      crashed.push(...(await crashes(folder)));
    }
    expect(crashed).toEqual([]);
    await expectRunnable(folder);
  });

  test('of another program, of types that we do not know, is left alone', async () => {
    const { folder, root } = stored();
    change(
      root,
      "INSERT INTO Type (name, type_kind, version) VALUES ('Foreign', 0, '2'), ('Foreign', 1, '2'), ('Foreign', 2, NULL), ('Command', 0, '7'), ('File', 1, '7')",
      "INSERT INTO Execution (type_id, last_known_state, name) SELECT id, 2, 'theirs' FROM Type WHERE name = 'Foreign' AND type_kind = 0",
      "INSERT INTO Execution (type_id, last_known_state) SELECT id, 77 FROM Type WHERE name = 'Command'",
      "INSERT INTO Artifact (type_id, uri, state) SELECT id, 'gs://elsewhere', 2 FROM Type WHERE type_kind = 1",
      "INSERT INTO Context (type_id, name) SELECT id, 'demo' FROM Type WHERE name = 'Foreign' AND type_kind = 2",
      "INSERT INTO Context (type_id, name) SELECT id, 'demo.first.x' FROM Type WHERE name = 'node'",
      'INSERT INTO Event (artifact_id, execution_id, type) SELECT max(a.id), max(e.id), 99 FROM Artifact a, Execution e',
      "INSERT INTO EventPath (event_id, is_index_step, step_key) SELECT max(id), 0, '../..' FROM Event",
    );
    const theirs = 'SELECT * FROM Execution WHERE last_known_state IN (2, 77) ORDER BY id';
    const before = rows(root, theirs);
    expect(before).toHaveLength(3);
    expect(await crashes(folder)).toEqual([]);
    expect(await run(folder)).toEqual({ first: 'cached', second: 'cached' });
    expect(rows(root, theirs)).toEqual(before);
    write(folder, { first: step('first', 'c'), second: step('second', 'b', { in: 'first.report' }) });
    expect(await run(folder)).toEqual({ first: 'completed', second: 'completed' });
  });

  test('that makes history a circle does not lead round for ever', async () => {
    const { folder, root } = stored();
    write(folder, { first: step('first', 'c'), second: step('second', 'b', { in: 'first.report' }) });
    await run(folder);
    // What went into the second step came out of it.
    change(
      root,
      'UPDATE pipeline_binding SET artifact_id = (SELECT max(artifact_id) FROM pipeline_binding b WHERE b.execution_id = pipeline_binding.execution_id AND b.direction = 4) WHERE direction = 3',
      'UPDATE pipeline_execution SET cached_from = execution_id WHERE cached_from IS NOT NULL',
    );
    expect(await crashes(folder)).toEqual([]);
    expect(await run(folder)).toEqual({ first: 'cached', second: 'cached' });
  });
});

describe('a metadata file', () => {
  test('of another schema version of ML Metadata is refused, and left as it is', async () => {
    const { folder, root } = stored();
    change(root, 'UPDATE MLMDEnv SET schema_version = 11');
    const before = rows(root, 'SELECT * FROM Execution');
    await expect(pipeline(folder, ['run', 'p.yaml'])).resolves.toMatchObject({
      status: 2,
      stderr: expect.stringContaining('on schema 11; this release reads 1 on 10'),
    });
    expect(rows(root, 'SELECT * FROM Execution')).toEqual(before);
  });

  test('that has lost a table is told to be damaged', async () => {
    const { folder, root } = stored();
    change(root, 'DROP TABLE pipeline_witness');
    for (const args of [['run', 'p.yaml'], ['runs']]) {
      const { status, stderr } = await pipeline(folder, args);
      expect([status, stderr]).toEqual([1, expect.stringContaining('error[damaged-metadata]')]);
      expect(stderr).toContain('has lost its table pipeline_witness');
    }
  });

  test('with pages of other content is told to be damaged, or read where it is whole', async () => {
    const { folder, root } = stored();
    const file = join(root, 'metadata.db');
    const bytes = readFileSync(file);
    for (let page = 1; page * 4096 < bytes.length; page += 3) {
      const torn = Buffer.from(bytes);
      torn.fill(0xa5, page * 4096, (page + 1) * 4096);
      writeFileSync(file, torn);
      for (const args of READERS) {
        const { stderr, stdout } = await commandHere(folder, args);
        expect(`${args.join(' ')}: ${stderr}${stdout}`).not.toContain('defect');
      }
    }
  });

  test('that another program holds is waited for, and told to be locked', async () => {
    const { folder, root } = stored();
    const database = new Database(join(root, 'metadata.db'));
    database.execute('BEGIN IMMEDIATE');
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[database-busy]')]);
    expect((await commandHere(folder, ['runs'])).status).toBe(0);
    database.execute('ROLLBACK');
    database.close();
    expect(await run(folder)).toEqual({ first: 'cached', second: 'cached' });
  });
});

describe('a store with something else in the place of', () => {
  const places: Readonly<Record<string, [path: string, code: RegExp]>> = {
    'its format, a pipe': ['format.json', /foreign-format/u],
    'its metadata, a folder': ['metadata.db', /error\[(io|foreign-format|damaged-metadata)\]/u],
    'its artifacts, a file': ['artifacts', /error\[(missing|io)\]|cannot be made/u],
    'its locks, a file': ['locks', /error\[(missing|io)\]/u],
    'its staging, a file': ['staging', /error\[(missing|io)\]/u],
  };
  test.each(Object.entries(places))('%s: said, without a crash or a hang', async (name, [path, code]) => {
    const { folder, root } = stored();
    rmSync(join(root, path), { recursive: true });
    if (name.endsWith('pipe')) spawnSync('mkfifo', [join(root, path)]);
    else if (name.endsWith('folder')) mkdirSync(join(root, path));
    else writeFileSync(join(root, path), '');
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(stderr).toMatch(code);
    expect(stderr).not.toContain('defect');
    expect([1, 2]).toContain(status);
  });
});
