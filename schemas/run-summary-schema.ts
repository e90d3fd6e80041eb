/**
 * The JSON Schema of the summary that hooks are called with.
 */
import type { JsonSchema } from '../components/params.js';

const COUNT: JsonSchema = { type: 'integer', minimum: 0 };

function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

/** The schema of a run's summary, in draft 2020-12. Further keys may come to it. */
export const runSummarySchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Run summary',
  description: 'What on_success and on_failure hooks of tfjs-pipelines are called with, version 1.',
  ...object({
    version: { description: 'Version of this form.', const: 1 },
    run: { description: 'Number of the run in its store.', type: 'integer', minimum: 1 },
    pipeline: { description: 'Name of the pipeline.', type: 'string' },
    outcome: { description: 'How the run ended; no hook is called for a canceled one.', enum: ['complete', 'failed'] },
    startedAt: { description: 'When it began, in UTC.', type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT.*Z$' },
    durationMs: { description: 'How long it took, in milliseconds.', ...COUNT },
    nodes: {
      description: 'Every node of the run, each after those it needs.',
      type: 'array',
      items: object(
        {
          name: { type: 'string' },
          component: { type: 'string' },
          state: {
            description: 'abandoned: not executed, since a node that it needs failed or was stopped.',
            enum: ['complete', 'cached', 'skipped', 'failed', 'canceled', 'abandoned'],
          },
          attempts: { description: 'How often it was tried; 0 where it was not executed.', ...COUNT },
          durationMs: { description: 'From its first attempt to its end; 0 where it was not executed.', ...COUNT },
          metrics: { description: 'Values by name.', type: 'object', additionalProperties: { type: 'number' } },
          artifacts: {
            description: 'What it made, or what stands for it.',
            type: 'array',
            items: object({
              output: { description: 'Name of the output.', type: 'string' },
              type: { description: 'Artifact type.', type: 'string' },
              digest: { description: 'sha256 of its manifest, in hex.', type: 'string', pattern: '^[0-9a-f]{64}$' },
              bytes: { description: 'Size of its files together.', ...COUNT },
            }),
          },
          failure: {
            description: 'Of a failed node: what went wrong.',
            ...object({ code: { type: 'string' }, message: { type: 'string' }, hint: { type: 'string' } }, ['hint']),
          },
          because: {
            description: 'Why it was skipped, or the node that failed or was stopped and kept it from running.',
            type: 'string',
          },
        },
        ['failure', 'because'],
      ),
    },
  }),
};
