/**
 * Snakemake: one rule with wildcards. It compares times of files, not contents.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { installPython, writeFile } from '../rig/install.js';
import { CHAINS, type Tool } from './tool.js';

function snakefile(tasks: number): string {
  return `
def needs(wildcards):
    i = int(wildcards.i)
    return [f"in/{i}.txt"] + ([f"out/{i - ${String(CHAINS)}}.txt"] if i >= ${String(CHAINS)} else [])

rule all:
    input: expand("out/{i}.txt", i=range(${String(tasks)}))

rule copy:
    input: needs
    output: "out/{i}.txt"
    shell: "cp {input[0]} {output}"
`;
}

export const snakemake: Tool = {
  name: 'Snakemake',
  most: 10_000,
  install: (home) => installPython(home, 'snakemake'),
  write: (folder, tasks) => {
    for (let i = 0; i < tasks; i++) writeFile(folder, join('in', `${String(i)}.txt`), `x${String(i)}\n`);
    writeFile(folder, 'Snakefile', snakefile(tasks));
  },
  program: (folder, home) => ({
    argv: [join(home, 'venv', 'bin', 'snakemake'), '--cores', String(availableParallelism()), '--quiet', 'all'],
    cwd: folder,
  }),
};
