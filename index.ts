/**
 * The public face of the library: what a component of one's own is made with.
 */
export { artifactTypes, type ArtifactType, type Properties, type PropertyValue } from './artifacts/types.js';
export {
  defineSpec,
  input,
  output,
  type ComponentSpec,
  type InputPort,
  type OutputPort,
} from './components/component-spec.js';
export { StepError, type ExecutionContext, type Executor } from './components/executor.js';
export { param, type Param, type ParamValues } from './components/params.js';
