/**
 * A word on a store that has grown large, with the command that makes it smaller.
 */
import { byteSize } from '../reporting/text/quantities.js';
import { styleFor } from '../reporting/text/style.js';
import { sizeInBytes } from '../config/size.js';
import { RequestError } from '../source/request-error.js';
import type { Environment } from './command.js';
import { rootOption } from './shown-path.js';

const VARIABLE = 'PIPELINE_STORE_LIMIT';

/** Where the variable says nothing. */
const USUAL_LIMIT = '50GB';

/** A size as it was written, and in bytes. */
export interface StoreLimit {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The size from which on a store counts as large.
 *
 * @throws RequestError `bad-store-limit`
 */
export function storeLimit({ env }: Pick<Environment, 'env'>): StoreLimit {
  const given = env[VARIABLE];
  const text = given === undefined || given === '' ? USUAL_LIMIT : given;
  const bytes = sizeInBytes(text);
  if (bytes !== undefined) return { text, bytes };
  throw new RequestError('bad-store-limit', `${VARIABLE} is '${text.slice(0, 40)}', no size`, 'write it as 50GB');
}

/** Warns when the artifacts of the store take more than the limit. */
export function warnOfSize(bytes: number, limit: StoreLimit, environment: Environment): void {
  if (bytes <= limit.bytes) return;
  const { stderr } = environment;
  const style = styleFor(stderr.colors);
  const command = `pipeline gc --max-size ${limit.text.replace(' ', '')} --dry-run${rootOption(environment)}`;
  stderr.write(
    `${style.warn(`the artifacts of the store take ${byteSize(bytes)}, more than ${limit.text}`)}\nnext: ${style.strong(command)} says what need not be kept\n`,
  );
}
