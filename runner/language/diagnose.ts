/**
 * What is wrong with a text that is being written: just what `pipeline validate` would say of it.
 */
import type { FindComponent } from '../../components/registry.js';
import { sourceFile } from '../config/read-source-file.js';
import { checkSource } from '../graph/load-pipeline.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';

/** What a text is checked with. */
export interface DiagnoseOptions {
  /** Name of the file, as messages show it. */
  readonly name: string;
  readonly text: string;
  /** Absolute folder of the file. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly find: FindComponent;
}

/** Whether a YAML file is meant to be a pipeline: it says so in its first lines, or it has nodes. */
export function isPipeline(text: string): boolean {
  return /^#.*pipeline\.schema\.json/mu.test(text.slice(0, 1000)) || /^nodes:/mu.test(text);
}

/** All that is wrong, by place. */
export async function diagnose({ name, text, baseDir, env, find }: DiagnoseOptions): Promise<readonly Diagnostic[]> {
  const file = sourceFile(name, text);
  if (!file.ok) return file.diagnostics;
  const components = (): FindComponent => find;
  const problems = new Problems();
  const checked = await checkSource({ file: file.value, baseDir, overrides: [], env, components, problems });
  return checked.ok ? checked.warnings : checked.diagnostics;
}
