/**
 * Checks the text of an `examples.json`: it comes with an artifact, and an artifact may come from elsewhere.
 */
import { isMapping } from '../../../artifacts/mapping.js';
import { pathFault } from '../../../artifacts/portable-path.js';
import { StepError } from '../../executor.js';
import type { ExamplesInfo, FeatureSpec, SplitInfo } from './examples-info.js';

/** Classes that a label may have. */
export const MAX_CLASSES = 100_000;

/** Values that one example may have in one feature: pixels × channels, or numbers. */
export const MAX_FEATURE_VALUES = 2 ** 26;

const SPLIT_NAME = /^[A-Za-z0-9][\w-]{0,63}$/u;

/** What {@link isSplitName} wants, for messages. */
export const SPLIT_NAME_RULE = 'letters, digits, - and _, at most 64, a letter or digit first';

/** Whether a name can stand for a split: it becomes the name of a folder. */
export function isSplitName(name: string): boolean {
  return SPLIT_NAME.test(name);
}

/** What {@link isFeatureName} wants, for messages. */
export const FEATURE_NAME_RULE = '1 to 256 characters without control characters, and not __proto__';

/** Whether a name can stand for a feature. */
export function isFeatureName(name: string): boolean {
  return name !== '' && name.length <= 256 && !/\p{Cc}/u.test(name) && name !== '__proto__';
}

/**
 * Reads the description of one feature.
 *
 * @param fail - called with what is wrong, after the feature's name: `has no known 'kind'`
 */
export function parseFeature(value: unknown, fail: (what: string) => never): FeatureSpec {
  if (!isMapping(value)) return fail('is no mapping');
  const count = (name: string): number => {
    const number = value[name];
    if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MAX_FEATURE_VALUES) {
      return number;
    }
    return fail(`has no valid '${name}'`);
  };
  switch (value['kind']) {
    case 'image': {
      if (value['encoding'] === 'encoded') return { kind: 'image', encoding: 'encoded' };
      if (value['encoding'] !== 'raw') return fail("has no valid 'encoding'");
      const [height, width, channels] = [count('height'), count('width'), count('channels')];
      if (height * width * channels > MAX_FEATURE_VALUES) return fail('is too large');
      return { kind: 'image', encoding: 'raw', height, width, channels };
    }
    case 'label': {
      const classes = value['classes'];
      if (!Array.isArray(classes) || classes.length === 0 || classes.length > MAX_CLASSES) {
        return fail("has no valid 'classes'");
      }
      if (!classes.every((name): name is string => typeof name === 'string')) return fail('has a class without a name');
      return { kind: 'label', classes };
    }
    case 'float':
      return { kind: 'float', size: count('size') };
    case 'integer':
      return { kind: 'integer' };
    case 'string':
      return { kind: 'string' };
    default:
      return fail("has no known 'kind'");
  }
}

function parseSplit(name: string, value: unknown, fail: (what: string) => never): SplitInfo {
  if (!isMapping(value)) return fail('is no mapping');
  const { examples, files } = value;
  if (typeof examples !== 'number' || !Number.isSafeInteger(examples) || examples < 0) {
    return fail("has no valid 'examples'");
  }
  if (!Array.isArray(files)) return fail("has no valid 'files'");
  const folder = `Split-${name}/`;
  const isOwn = (file: unknown): file is string =>
    typeof file === 'string' && file.startsWith(folder) && pathFault(file) === undefined;
  if (!files.every(isOwn)) return fail(`names a file outside ${folder}`);
  return { examples, files };
}

/**
 * Reads the text of `examples.json`.
 *
 * @param file - name for messages
 * @throws StepError `examples-invalid` when it is not as it should be
 */
export function parseExamplesInfo(text: string, file: string): ExamplesInfo {
  const fail = (what: string): never => {
    throw new StepError('examples-invalid', `${file}: ${what}`, 'make the examples again');
  };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return fail('this is no JSON');
  }
  if (!isMapping(root)) return fail('this is no mapping');
  if (root['version'] !== 1) return fail(`version ${JSON.stringify(root['version'])} is not known; 1 is`);
  const { features, splits } = root;
  if (!isMapping(features) || Object.keys(features).length === 0) return fail('there are no features');
  if (!isMapping(splits)) return fail('there are no splits');
  return {
    version: 1,
    features: Object.fromEntries(
      Object.entries(features).map(([name, value]) => {
        if (!isFeatureName(name)) return fail('a feature has no valid name');
        return [name, parseFeature(value, (what) => fail(`feature '${name}' ${what}`))];
      }),
    ),
    splits: Object.fromEntries(
      Object.entries(splits).map(([name, value]) => {
        if (!isSplitName(name)) return fail('a split has no valid name');
        return [name, parseSplit(name, value, (what) => fail(`split '${name}' ${what}`))];
      }),
    ),
  };
}
