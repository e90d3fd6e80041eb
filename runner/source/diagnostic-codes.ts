/**
 * Every code that a diagnostic can have, with one line on what it means. The golden tests cover each of them.
 */
export const DIAGNOSTIC_CODES = {
  'file-missing': 'The pipeline file is not there or is no file.',
  'file-unreadable': 'The file is too large, or is not text in UTF-8.',
  'yaml-syntax': 'The text is not YAML, or uses what is not supported: several documents, tags, merge keys.',
  'yaml-limit': 'The document is nested too deeply or repeats too much through aliases.',
  'duplicate-key': 'A mapping has the same key twice.',
  'wrong-type': 'A value is of another kind than wanted.',
  'out-of-range': 'A number or a list is too small or too large.',
  'not-allowed': 'A value is not one of those allowed.',
  'unknown-key': 'A key that nothing reads.',
  'missing-key': 'A key that must be there.',
  'bad-name': 'A name that cannot be used.',
  'unknown-component': 'There is no such component.',
  'bad-component': 'A component file of the user’s cannot be used.',
  'unknown-param': 'The component or the pipeline has no such param.',
  'missing-param': 'A param without default has no value.',
  'unknown-placeholder': 'A `${…}` that names nothing known here.',
  'undeclared-env': 'An environment variable that is not declared, or has no value.',
  'missing-secret': 'A secret that has no value, or is too short to be masked.',
  'unknown-node': 'A reference to a node that does not exist.',
  'unknown-output': 'A reference to an output that the node does not have.',
  'unknown-input': 'An input that the component does not have.',
  'missing-input': 'An input that the component needs.',
  'artifact-type': 'An output of one type wired to an input of another.',
  'bad-expression': 'A condition that is no expression in CEL.',
  cycle: 'Nodes that wait for each other.',
} as const;

/** The code of a diagnostic. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
