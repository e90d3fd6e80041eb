/**
 * The arguments of a Command: placeholders become folders, and files among them are found.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Folders by port; an input may hold several. */
export interface Folders {
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly outputs: Readonly<Record<string, string>>;
}

function foldersOf(kind: string, port: string, folders: Folders): readonly string[] {
  if (kind === 'outputs') return [folders.outputs[port] ?? ''];
  return folders.inputs[port] ?? [];
}

/**
 * Replaces `${inputs.x}` and `${outputs.y}` by absolute folders. Alone, an input of several artifacts becomes as many
 * arguments; inside text their folders are joined by commas.
 */
export function expandArguments(argv: readonly string[], folders: Folders): readonly string[] {
  return argv.flatMap((argument) => {
    const alone = /^\$\{(inputs|outputs)\.([\w-]+)\}$/u.exec(argument);
    if (alone?.[1] !== undefined && alone[2] !== undefined) return foldersOf(alone[1], alone[2], folders);
    return argument.replaceAll(/\$\{(inputs|outputs)\.([\w-]+)\}/gu, (_, kind: string, port: string) =>
      foldersOf(kind, port, folders).join(','),
    );
  });
}

/** The arguments that would name a file below the pipeline's folder, if there were one. */
export function possibleFiles(argv: readonly string[]): readonly string[] {
  return argv.filter((argument) => !(argument.includes('${') || argument.includes('\0') || argument.startsWith('-')));
}

/** Whether a path is that of a file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // A text too long for a name, or one that leads through a file: it names none.
    return false;
  }
}

/** The arguments that name a file below the pipeline's folder: scripts, configurations. Their content counts. */
export function filesAmong(argv: readonly string[], baseDir: string): readonly string[] {
  return possibleFiles(argv).filter((argument) => isFile(resolve(baseDir, argument)));
}
