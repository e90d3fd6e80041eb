/**
 * The versions of a model in a folder, as TensorFlow Serving wants them: folders named by integers, of which the highest
 * is served. A version is there whole or not at all. What is in it is the caller's business.
 */
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, constants, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { realDisk } from '../../artifacts/disk.js';
import { currentProcess, isAlive, parseProcessIdentity } from '../../artifacts/process-identity.js';
import { artifactFiles } from '../../artifacts/store/manifest.js';
import { systemErrorCode } from '../../artifacts/system-error.js';

/** Begins the names of folders that are not finished; TensorFlow Serving looks at none that is no number. */
const STAGING = '.pushing-';

/** Beside an unfinished folder: the process that fills it. */
const OWNER = '.owner';

/** Something to copy: a file or all files of a folder, to a path inside the version. */
export interface Copied {
  readonly from: string;
  /** Relative, with `/`; '' for the version's folder itself. */
  readonly to: string;
}

/** The highest version in a folder; undefined when there is none. */
export async function latestVersion(base: string): Promise<number | undefined> {
  const names = await readdir(base).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const versions = names.filter((name) => /^[1-9]\d{0,14}$/u.test(name)).map(Number);
  return versions.length === 0 ? undefined : Math.max(...versions);
}

/**
 * Copies files into the next version: first beside it under another name, durably, then in one step.
 *
 * @param files - texts to write besides, by path
 * @returns the version
 */
export async function addVersion(
  base: string,
  copied: readonly Copied[],
  files: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  await mkdir(base, { recursive: true });
  await sweep(base);
  const staging = join(base, `${STAGING}${randomUUID()}`);
  await realDisk.createFile(`${staging}${OWNER}`, canonicalJson(currentProcess()));
  try {
    await mkdir(staging);
    for (const { from, to } of copied) await copyTree(from, join(staging, to), signal);
    for (const [path, text] of Object.entries(files)) await realDisk.writeFile(join(staging, path), text);
    await syncFolders(staging);
    return await rename(staging, base);
  } finally {
    await realDisk.removeTree(staging);
    await realDisk.removeFile(`${staging}${OWNER}`);
  }
}

/** Moves a finished folder to the next free number. */
async function rename(staging: string, base: string): Promise<number> {
  for (;;) {
    const version = ((await latestVersion(base)) ?? 0) + 1;
    try {
      // Another that pushes at the same time may have taken the number: its folder is not empty, so this fails.
      await realDisk.rename(staging, join(base, String(version)));
      await realDisk.sync(base);
      return version;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }
}

/** Removes what pushes that died have left. */
async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith(STAGING) || !name.endsWith(OWNER)) continue;
    const owner = parseProcessIdentity(await readFile(join(base, name), 'utf8').catch(() => ''));
    if (owner !== undefined && isAlive(owner)) continue;
    await realDisk.removeTree(join(base, name.slice(0, -OWNER.length)));
    await realDisk.removeFile(join(base, name));
  }
}

/** Copies a file or the files of a folder, durably; the copies are writable by their owner. */
async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  for (const { path, absolute } of artifactFiles(from)) {
    signal.throwIfAborted();
    const target = path === '' ? to : join(to, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(absolute, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await chmod(target, 0o644);
    await realDisk.sync(target);
  }
}

async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
  }
  await realDisk.sync(folder);
}
