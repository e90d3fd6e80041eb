/**
 * Writes the published schemas anew: `npm run schemas`.
 */
import { writeFileSync } from 'node:fs';
import { builtinSpecs } from '../components/registry.js';
import type { JsonSchema } from '../components/params.js';
import { fragmentSchema, pipelineSchema } from './pipeline-schema.js';
import { runSummarySchema } from './run-summary-schema.js';

function write(name: string, schema: JsonSchema): void {
  writeFileSync(`schemas/${name}.schema.json`, `${JSON.stringify(schema, undefined, 1)}\n`);
}

const specs = await builtinSpecs();
write('pipeline', pipelineSchema(specs));
write('fragment', fragmentSchema(specs));
write('run-summary', runSummarySchema);
