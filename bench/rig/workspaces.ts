/**
 * An npm workspace of many packages, as Turborepo and Nx want it: one task a package.
 */
import { join } from 'node:path';
import { writeFile } from './install.js';

/**
 * Writes packages `p0`, `p1`, … with a file `in.txt` each.
 *
 * @param chains - package i depends on package i − chains
 * @param extra - further members of a package's manifest
 */
export function writeWorkspaces(
  folder: string,
  count: number,
  chains: number,
  extra: Readonly<Record<string, unknown>>,
): void {
  const root = { name: 'bench', private: true, packageManager: 'npm@11.0.0', workspaces: ['p/*'] };
  writeFile(folder, 'package.json', JSON.stringify(root));
  const locked: Record<string, unknown> = { '': { name: root.name, workspaces: root.workspaces } };
  for (let i = 0; i < count; i++) {
    const name = `p${String(i)}`;
    const dependencies = i < chains ? {} : { [`p${String(i - chains)}`]: '*' };
    writeFile(folder, join('p', name, 'in.txt'), `x${String(i)}\n`);
    const manifest = { name, version: '1.0.0', dependencies, ...extra };
    writeFile(folder, join('p', name, 'package.json'), JSON.stringify(manifest));
    locked[`p/${name}`] = { name, version: '1.0.0', dependencies };
    locked[`node_modules/${name}`] = { resolved: `p/${name}`, link: true };
  }
  const lock = { name: root.name, lockfileVersion: 3, requires: true, packages: locked };
  writeFile(folder, 'package-lock.json', JSON.stringify(lock));
}
