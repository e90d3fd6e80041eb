/**
 * Installs packages into a folder of their own, and writes files of projects.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Installs an npm package; answers with its version. */
export async function installNpm(home: string, name: string): Promise<string> {
  writeFile(home, 'package.json', '{"private": true}');
  await run('npm', ['install', '--no-audit', '--no-fund', name], { cwd: home });
  const manifest = readFileSync(join(home, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Installs a Python package into a virtual environment in `venv`; answers with its version. */
export async function installPython(home: string, name: string): Promise<string> {
  await run('python3', ['-m', 'venv', join(home, 'venv')]);
  await run(join(home, 'venv', 'bin', 'pip'), ['install', '--quiet', name]);
  const { stdout } = await run(join(home, 'venv', 'bin', 'python'), [
    '-c',
    `from importlib.metadata import version; print(version('${name}'))`,
  ]);
  return stdout.trim();
}

/** Writes a file with the folders above it. */
export function writeFile(folder: string, path: string, text: string): void {
  const absolute = join(folder, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, text);
}
