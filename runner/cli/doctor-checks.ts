/**
 * The checks of `pipeline doctor`: each looks at one thing and says what it found. They change nothing, but for closing
 * runs that have died.
 */
import { existsSync, statSync } from 'node:fs';
import { access, constants, readdir, statfs } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { Database } from '../../artifacts/metadata/database.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { findRoot, STORE_FORMAT } from '../../artifacts/store/store-root.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { backendIdentity } from '../../components/tensorflow/backend-identity.js';
import { budgetText, machineBudget } from '../graph/budget.js';
import { plainLine } from '../reporting/text/plain-text.js';
import { byteSize, counted } from '../reporting/text/quantities.js';
import type { Environment } from './command.js';
import { findStore } from './open-store.js';
import { shownPath } from './shown-path.js';

/** What was found. `missing`: pipelines cannot run without it; `note`: they can. */
export interface Finding {
  readonly subject: string;
  readonly state: 'good' | 'note' | 'missing';
  readonly text: string;
  /** How to get what is not there. */
  readonly help?: string;
}

const OLDEST_NODE = [20, 19] as const;

/** Free bytes below which nothing can be done, and below which a large data set may not fit. */
const LEAST_SPACE = 100e6;
const GOOD_SPACE = 2e9;

function checkNode({ node, platform }: Environment): Finding {
  const [major = 0, minor = 0] = node.replace('v', '').split('.').map(Number);
  const isEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const text = `${node}, ${platform}`;
  return isEnough
    ? { subject: 'Node', state: 'good', text }
    : { subject: 'Node', state: 'missing', text, help: `install Node ${OLDEST_NODE.join('.')} or newer` };
}

function checkBackend(): readonly Finding[] {
  const subject = 'TensorFlow';
  try {
    const { name, version } = backendIdentity();
    if (name === 'tensorflow') return [{ subject, state: 'good', text: `native, tfjs-node ${version}` }];
    const help = "'npm run setup:native' fetches native TensorFlow, which trains several times faster";
    const text = name === 'wasm' ? `wasm ${version}` : `cpu ${version}, plain JavaScript: training is very slow`;
    return [{ subject, state: name === 'wasm' ? 'good' : 'note', text, help }];
  } catch (error) {
    return [{ subject, state: 'missing', text: errorMessage(error), help: "'npm ci' installs the wasm backend" }];
  }
}

function checkBudget(): Finding {
  const text = `${budgetText(machineBudget({}, undefined))} for steps to share; they are scheduled by it, not held to it`;
  return { subject: 'budget', state: 'good', text };
}

function checkDatabase(): Finding {
  try {
    new Database(':memory:').close();
    return { subject: 'SQLite', state: 'good', text: 'libsql loads' };
  } catch (error) {
    const help = "install the package anew: 'npm ci'";
    return { subject: 'SQLite', state: 'missing', text: errorMessage(error), help };
  }
}

/** The folder itself, or the nearest one above that exists. */
function existing(folder: string): string {
  let found = folder;
  while (!existsSync(found) && found !== dirname(found)) found = dirname(found);
  return found;
}

async function checkSpace({ root }: Environment): Promise<Finding> {
  const folder = existing(root);
  const subject = 'disk';
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const text = `${byteSize(free)} free in ${folder}`;
    if (free >= GOOD_SPACE) return { subject, state: 'good', text };
    const help = 'free some space, or put the store elsewhere with --root';
    return { subject, state: free < LEAST_SPACE ? 'missing' : 'note', text, help };
  } catch (error) {
    return { subject, state: 'note', text: `free space is not known: ${errorMessage(error)}` };
  }
}

async function checkWritable({ root, cwd }: Environment): Promise<Finding> {
  const folder = existing(root);
  const isWritable = await access(folder, constants.W_OK).then(
    () => statSync(folder).isDirectory(),
    () => false,
  );
  const text = `${shownPath(folder, cwd)} can${isWritable ? '' : 'not'} be written`;
  return isWritable
    ? { subject: 'rights', state: 'good', text }
    : { subject: 'rights', state: 'missing', text, help: 'check the owner, or choose another folder with --root' };
}

/** Bytes of all files below a folder; links count as nothing. */
async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return bytes;
}

async function checkStore(environment: Environment): Promise<readonly Finding[]> {
  const subject = 'store';
  const shown = shownPath(environment.root, environment.cwd);
  try {
    const root = findRoot(environment.root);
    if (root === undefined) return [{ subject, state: 'good', text: `none yet in ${shown}: the first run makes it` }];
    const artifacts = (await openLocalArtifactStore(root).list()).length;
    const size = byteSize(await folderSize(root.path));
    const text = `${shown}, format ${String(STORE_FORMAT)}, ${counted(artifacts, 'artifact')}, ${size} in all`;
    const findings: Finding[] = [{ subject, state: 'good', text }];
    const quarantined = await readdir(root.quarantine).catch(() => []);
    if (quarantined.length > 0) {
      findings.push({
        subject: 'quarantine',
        state: 'note',
        text: `${counted(quarantined.length, 'damaged artifact')}, ${byteSize(await folderSize(root.quarantine))}`,
        help: `look into ${shownPath(root.quarantine, environment.cwd)}; it may be removed`,
      });
    }
    const store = findStore(environment);
    for (const run of store?.metadata.runs({}) ?? []) {
      if (run.state !== 'RUNNING') continue;
      const { host, pid } = run.owner;
      const by = `process ${String(pid)} on ${plainLine(host)}`;
      findings.push({
        subject: 'runs',
        state: 'note',
        text: `run ${String(run.id)} of ${run.pipeline} goes on, ${by}`,
      });
    }
    store?.metadata.close();
    return findings;
  } catch (error) {
    const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    return [{ subject, state: 'missing', text: errorMessage(error), ...(hint === undefined ? {} : { help: hint }) }];
  }
}

async function checkTool(name: string, use: string, { env }: Environment): Promise<Finding> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return { subject: name, state: 'good', text: path };
  }
  return { subject: name, state: 'note', text: `not found; ${use}` };
}

/** Runs all checks. */
export async function checkAll(environment: Environment): Promise<readonly Finding[]> {
  return [
    checkNode(environment),
    ...checkBackend(),
    checkDatabase(),
    checkBudget(),
    await checkWritable(environment),
    await checkSpace(environment),
    ...(await checkStore(environment)),
    await checkTool('python3', 'only steps that name it need it', environment),
    await checkTool('docker', 'only serving in containers needs it', environment),
  ];
}
