/**
 * The files of the pipeline that `pipeline init` makes: a small table, and a pipeline that learns from it offline.
 */
import { IRISES } from './starter-data.js';

/** Files by their path in the new folder. */
export type StarterFiles = Readonly<Record<string, string>>;

const COLUMNS = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

function table(): string {
  const rows = Object.entries(IRISES).flatMap(([species, flowers]) =>
    flowers.split(',').map((flower) => [...flower.trim().split(' '), species].join(',')),
  );
  return `${[[...COLUMNS, 'species'].join(','), ...rows].join('\n')}\n`;
}

function pipeline(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
version: 1
name: irises
params:
  epochs: 60                       # pipeline run pipeline.yaml --set epochs=100
nodes:
  examples:
    component: ExampleGen
    params:
      source:
        csv:
          path: data/irises.csv
          label: species
          features: {${COLUMNS.map((column) => `${column}: float`).join(', ')}}
      split: {train: 7, eval: 1, test: 2}
  transform:
    component: Transform
    inputs: {examples: examples.examples}
    params:
      features:
${COLUMNS.map((column) => `        ${column}: [standardize]`).join('\n')}
  trainer:
    component: Trainer
    inputs: {examples: examples.examples, transform_graph: transform.transform_graph}
    params:
      model:
        layers:
          - Dense: {units: 16, activation: relu}
          - Dense: {units: 3, activation: softmax}
      optimizer: {Adam: {learning_rate: 0.01}}
      epochs: "\${params.epochs}"
      batch_size: 16
  evaluator:
    component: Evaluator
    inputs: {examples: examples.examples, model: trainer.model}
    params:
      split: test
      thresholds: {accuracy: {minimum: 0.85}}
`;
}

const README = `# Irises

A first pipeline: it learns to tell three species of iris apart, from the 150 flowers that R. A. Fisher published in 1936.

    pipeline run pipeline.yaml         # a second time, everything is cached
    pipeline run pipeline.yaml --set epochs=100
    pipeline explain trainer           # why it ran again, and the line that it comes from
    pipeline lineage trainer.model     # what the model was made from
    pipeline components Trainer        # all that can be set

What runs produce lies in \`.pipeline/\`; it can be removed at any time, and is no matter for version control.
`;

/**
 * The files of the starter.
 *
 * @param schema - path of the JSON Schema, as an editor finds it from the pipeline file
 */
export function starterFiles(schema: string): StarterFiles {
  return {
    'pipeline.yaml': pipeline(schema),
    'data/irises.csv': table(),
    'README.md': README,
    '.gitignore': '.pipeline/\n',
  };
}
