/**
 * Writes `schemas/pipeline.schema.json` anew: `npm run schemas`.
 */
import { writeFileSync } from 'node:fs';
import { builtinSpecs } from '../components/registry.js';
import { pipelineSchema } from './pipeline-schema.js';

writeFileSync(
  'schemas/pipeline.schema.json',
  `${JSON.stringify(pipelineSchema(await builtinSpecs()), undefined, 1)}\n`,
);
