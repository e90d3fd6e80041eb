/**
 * `pipeline components`: the reference of the components, from their specs.
 */
import { paramsJsonSchema } from '../../../components/params.js';
import { builtinNames, builtinSpecs, componentFinder } from '../../../components/registry.js';
import type { ComponentSpec, InputPort, OutputPort } from '../../../components/component-spec.js';
import { componentReference, firstSentence } from '../../reporting/component-reference.js';
import { styleFor } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command } from '../command.js';
import type { ComponentsArguments } from '../arguments.js';
import { answerJson } from '../open-store.js';

function portJson(port: InputPort | OutputPort): object {
  return { ...port, type: port.type.name };
}

function specJson(spec: ComponentSpec): object {
  const ports = (all: Readonly<Record<string, InputPort | OutputPort>>): object =>
    Object.fromEntries(Object.entries(all).map(([name, port]) => [name, portJson(port)]));
  const { name, doc, inputs, outputs, params } = spec;
  return {
    name,
    doc,
    ports: spec.ports,
    inputs: ports(inputs),
    outputs: ports(outputs),
    params: paramsJsonSchema(params),
  };
}

export const command: Command<ComponentsArguments> = async ({ name }, environment) => {
  const { stdout, json, cwd } = environment;
  if (name === undefined) {
    const specs = await builtinSpecs();
    if (json) answerJson(environment, 'components', { components: specs.map(specJson) });
    else {
      const rows = specs.map((spec) => [spec.name, firstSentence(spec.doc)]);
      const width = stdout.isTTY ? stdout.columns : Infinity;
      stdout.write(`${tableLines([{ title: '' }, { title: '' }], rows, width).join('\n')}\n`);
      stdout.write(`\nnext: pipeline components ${builtinNames[0] ?? ''}\n`);
    }
    return EXIT.done;
  }
  const found = await componentFinder(cwd)(name);
  if (!found.found) throw new RequestError(found.code, found.message, found.hint);
  if (json) answerJson(environment, 'component', specJson(found.spec));
  else stdout.write(componentReference(found.spec, styleFor(stdout.colors)));
  return EXIT.done;
};
