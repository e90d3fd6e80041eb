/**
 * `pipeline lsp`: the language server, for editors. It speaks on standard input and output, and ends with the editor.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from '../../../components/params.js';
import { serve } from '../../language/server.js';
import type { Command } from '../command.js';
import { standardStreams } from '../process-environment.js';
import { packageFolder, packageVersion } from '../version.js';

export const command: Command<undefined> = async (_, { cwd, env }) => {
  const published = (name: string): JsonSchema =>
    JSON.parse(readFileSync(join(packageFolder(), 'schemas', `${name}.schema.json`), 'utf8')) as JsonSchema;
  const schemas = { pipeline: published('pipeline'), fragment: published('fragment') };
  serve({ ...standardStreams(), cwd, env, schemas, version: packageVersion() });
  // The server ends the process when the editor says so, or is gone.
  return await new Promise<never>(() => undefined);
};
