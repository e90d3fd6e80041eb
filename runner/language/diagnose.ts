/**
 * What is wrong with a text that is being written: just what `pipeline validate` would say of it.
 */
import type { FindComponent } from '../../components/registry.js';
import { parseYaml } from '../config/parse-yaml.js';
import { sourceFile } from '../config/read-source-file.js';
import { checkSource } from '../graph/load-pipeline.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';
import { placeText } from '../source/source-file.js';

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

/** In a comment in its first lines, a text says that it is a pipeline. */
const SAYS_SO = /^#.*pipeline\.schema\.json/mu;

/** Whether a YAML file is meant to be a pipeline or a fragment: it says so in its first lines, or it has nodes. */
export function isPipeline(text: string): boolean {
  return SAYS_SO.test(text.slice(0, 1000)) || /^(?:nodes|include):/mu.test(text);
}

/** Whether it is a fragment rather: it has neither name nor version. */
function isFragment(text: string): boolean {
  return !SAYS_SO.test(text.slice(0, 1000)) && !/^(?:version|name):/mu.test(text);
}

/** What is wrong in a fragment, told where the open file includes it. */
function inOpenFile(diagnostic: Diagnostic): Diagnostic {
  const { range, message } = diagnostic;
  let place = range;
  while (place?.file.includedAt !== undefined) place = place.file.includedAt;
  const related = diagnostic.related.filter((other) => other.range.file === place?.file && other.range !== place);
  if (place === undefined || range === undefined || place === range) return { ...diagnostic, related };
  return { ...diagnostic, related, range: place, message: `${placeText(range)}: ${message}` };
}

/** All that is wrong, by place. */
export async function diagnose({ name, text, baseDir, env, find }: DiagnoseOptions): Promise<readonly Diagnostic[]> {
  const file = sourceFile(name, text);
  if (!file.ok) return file.diagnostics;
  // What it is given shows only where it is included.
  if (isFragment(text)) return parseYaml(file.value).diagnostics;
  const components = (): FindComponent => find;
  const problems = new Problems();
  const checked = await checkSource({ file: file.value, baseDir, overrides: [], env, components, problems });
  return (checked.ok ? checked.warnings : checked.diagnostics).map(inOpenFile);
}
