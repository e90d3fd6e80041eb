/**
 * wireit: scripts of one package.json, started through npm as its users do.
 */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { installNpm, writeFile } from '../rig/install.js';
import { CHAINS, type Tool } from './tool.js';

export const wireit: Tool = {
  name: 'wireit',
  most: 1000,
  install: (home) => installNpm(home, 'wireit'),
  write: (folder, tasks, home) => {
    const names = Array.from({ length: tasks }, (_, i) => `t${String(i)}`);
    const scripts = Object.fromEntries([...names, 'all'].map((name) => [name, 'wireit']));
    const tasksOf = names.map((name, i) => {
      writeFile(folder, join('in', `${String(i)}.txt`), `x${String(i)}\n`);
      const dependencies = i < CHAINS ? [] : [`t${String(i - CHAINS)}`];
      const [from, to] = [`in/${String(i)}.txt`, `out/${String(i)}.txt`];
      return [name, { command: `cp ${from} ${to}`, files: [from], output: [to], dependencies }] as const;
    });
    mkdirSync(join(folder, 'out'));
    const manifest = {
      name: 'bench',
      scripts,
      wireit: { ...Object.fromEntries(tasksOf), all: { dependencies: names } },
    };
    writeFile(folder, 'package.json', JSON.stringify(manifest));
    symlinkSync(join(home, 'node_modules'), join(folder, 'node_modules'));
  },
  program: (folder) => ({ argv: ['npm', 'run', '--silent', 'all'], cwd: folder }),
};
