import { defineSpec } from '../component-spec.js';
import { param } from '../params.js';

/** Runs any program; the pipeline file says what goes in and what comes out. */
export const spec = defineSpec({
  name: 'Command',
  doc: 'Runs any program: its arguments are a list, never a shell line, and only the declared environment reaches it.',
  ports: 'declared',
  params: {
    argv: param.list(param.string({ doc: '' }), {
      doc: 'The program and its arguments. `${inputs.x}` and `${outputs.y}` are folders. Files of the pipeline’s folder that are named here count by content.',
      minItems: 1,
    }),
    files: param.list(param.path({ doc: '' }), {
      doc: 'More files and folders that the program reads and that are not named in argv, such as modules that a script imports; they count by content.',
      default: [],
    }),
  },
});
