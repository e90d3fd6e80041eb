/**
 * What OpenLineage 2-0-2 asks of a run event and of the facets that are used, written down as JSON Schema after
 * https://openlineage.io/spec/2-0-2/OpenLineage.json and the facets beside it.
 */
const text = { type: 'string' };
const uri = { type: 'string', pattern: '^https?://[^\\s]+$' };
const moment = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
};
const uuid = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' };

/** A facet: an object with these fields beside those that every facet has. */
function facet(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  return {
    type: 'object',
    properties: { _producer: uri, _schemaURL: uri, ...required, ...optional },
    required: ['_producer', '_schemaURL', ...Object.keys(required)],
  };
}

/** Facets by name; all others are facets, too. */
function facets(known: Readonly<Record<string, object>>): object {
  return { type: 'object', properties: known, additionalProperties: facet({}) };
}

function record(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  return { type: 'object', properties: { ...required, ...optional }, required: Object.keys(required) };
}

const dataset = (side: Readonly<Record<string, object>>): object =>
  record(
    { namespace: text, name: text },
    {
      facets: facets({
        version: facet({ datasetVersion: text }),
        datasetType: facet({ datasetType: text }, { subType: text }),
      }),
      ...side,
    },
  );

/** A run event. */
export const RUN_EVENT_SCHEMA = record(
  {
    eventTime: moment,
    producer: uri,
    schemaURL: uri,
    run: record(
      { runId: uuid },
      {
        facets: facets({
          parent: facet({ run: record({ runId: uuid }), job: record({ namespace: text, name: text }) }),
          processing_engine: facet({ version: text }, { name: text, openlineageAdapterVersion: text }),
          errorMessage: facet({ message: text, programmingLanguage: text }, { stackTrace: text }),
          tags: facet({}, { tags: { type: 'array', items: record({ key: text, value: text }, { source: text }) } }),
        }),
      },
    ),
    job: record(
      { namespace: text, name: text },
      { facets: facets({ jobType: facet({ processingType: text, integration: text }, { jobType: text }) }) },
    ),
  },
  {
    eventType: { enum: ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] },
    inputs: { type: 'array', items: dataset({ inputFacets: facets({}) }) },
    outputs: {
      type: 'array',
      items: dataset({
        outputFacets: facets({
          outputStatistics: facet({ rowCount: { type: 'integer' } }, { size: { type: 'integer' } }),
        }),
      }),
    },
  },
);
