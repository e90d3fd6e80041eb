/**
 * How files of the store are read that might have been replaced by something else.
 */
import { constants } from 'node:fs';

/** As text; a pipe is read as empty, where it would else be waited for until somebody writes into it. */
export const WITHOUT_WAITING = { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK } as const;
