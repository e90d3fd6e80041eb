/**
 * The published schemas are those of the specs, and accept what the pages and examples show.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { ComponentSpec } from '../../components/component-spec.js';
import { builtinNames, componentFinder } from '../../components/registry.js';
import { fragmentSchema, pipelineSchema } from '../../schemas/pipeline-schema.js';

const text = (name: string): string => readFileSync(join('schemas', `${name}.schema.json`), 'utf8');

function validator(name: string): ValidateFunction {
  return new Ajv2020({ allowUnionTypes: true, strict: false }).compile(JSON.parse(text(name)) as object);
}

const pipeline = validator('pipeline');
const fragment = validator('fragment');

/** Whether a schema accepts a text; else what it says. */
function said(validate: ValidateFunction, yaml: string): unknown {
  return validate(parse(yaml)) ? 'accepted' : validate.errors;
}

test('npm run schemas was run', async () => {
  const find = componentFinder(process.cwd());
  const specs: ComponentSpec[] = [];
  for (const name of builtinNames) {
    const found = await find(name);
    if (found.found) specs.push(found.spec);
  }
  expect(JSON.parse(text('pipeline'))).toEqual(JSON.parse(JSON.stringify(pipelineSchema(specs))));
  expect(JSON.parse(text('fragment'))).toEqual(JSON.parse(JSON.stringify(fragmentSchema(specs))));
});

test.each(readdirSync('pipelines').filter((name) => name.endsWith('.yaml')))('pipelines/%s is accepted', (name) => {
  expect(said(pipeline, readFileSync(join('pipelines', name), 'utf8'))).toBe('accepted');
});

describe('docs/fragments.md', () => {
  const page = readFileSync('docs/fragments.md', 'utf8');
  const [first = '', second = ''] = [...page.matchAll(/^```yaml\n([^]*?)^```$/gmu)].map(([, yaml]) => yaml);

  test('its fragment is accepted as one, its pipeline as a pipeline', () => {
    expect(said(fragment, first)).toBe('accepted');
    expect(said(pipeline, second)).toBe('accepted');
    expect(said(pipeline, first)).not.toBe('accepted');
    expect(said(fragment, second)).not.toBe('accepted');
  });
});

const NODE = 'nodes: {a: {component: Command, inputs: {in: inputs.x}, params: {argv: [ls]}}}';
test.each([
  [`inputs: {x: Modell}\n${NODE}`],
  [`inputs: {x: {optional: true}}\n${NODE}`],
  [`inputs: {x: {type: Model, default: 1}}\n${NODE}`],
  [`defaults: {retries: 1}\n${NODE}`],
  [`inputs: {x: Model}`],
  ['nodes: {a: {component: Trainer, params: {epoch: 1}}}'],
])('a fragment is refused: %s', (yaml) => {
  expect(said(fragment, `inputs: {x: {type: Model, optional: true, description: Old.}}\n${NODE}`)).toBe('accepted');
  expect(said(fragment, yaml)).not.toBe('accepted');
});
