/**
 * Nx without its daemon, as in continuous integration: one npm package a task, started by Nx itself rather than by npm.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { installNpm, writeFile } from '../rig/install.js';
import { writeWorkspaces } from '../rig/workspaces.js';
import { CHAINS, type Tool } from './tool.js';

export const nx: Tool = {
  name: 'Nx',
  most: 1000,
  install: (home) => installNpm(home, 'nx'),
  write: (folder, tasks, home) => {
    const build = {
      executor: 'nx:run-commands',
      options: { command: 'cp in.txt out.txt', cwd: '{projectRoot}' },
      cache: true,
      dependsOn: ['^build'],
      inputs: ['{projectRoot}/in.txt'],
      outputs: ['{projectRoot}/out.txt'],
    };
    writeWorkspaces(folder, tasks, CHAINS, { nx: { targets: { build } } });
    writeFile(folder, 'nx.json', JSON.stringify({ neverConnectToCloud: true, analytics: false }));
    symlinkSync(join(home, 'node_modules'), join(folder, 'node_modules'));
  },
  program: (folder, home) => ({
    argv: [join(home, 'node_modules', '.bin', 'nx'), 'run-many', '-t', 'build', '--outputStyle=static'],
    cwd: folder,
    env: { NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true', CI: '1' },
  }),
};
