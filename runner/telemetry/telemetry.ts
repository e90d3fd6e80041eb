/**
 * Sends a run to a collector of OpenTelemetry when it has ended: one message for its trace and one for its metrics, as
 * JSON over HTTP. A collector that cannot be reached is told, and is no failure of the run.
 *
 * A run is a handful of messages that are all known at its end. OpenTelemetry's own packages, twenty-odd of them, are made
 * for services that sample and batch for as long as they live; here they would be most of what is installed for it.
 */
import type { Clock, Reporter } from '../reporting/reporter.js';
import { RunView } from '../reporting/run-view.js';
import { deliver } from './delivery.js';
import { metricsMessage, tracesMessage, type Origin } from './otlp.js';
import { runGauges } from './run-gauges.js';
import { RunTrace } from './run-trace.js';
import { telemetrySettings, type Signal } from './settings.js';

/** A reporter that has to send what it gathered. */
export interface Telemetry extends Reporter {
  /** Sends what there is, and gives up when it is to stop; never rejects. */
  readonly send: (stop: AbortSignal) => Promise<void>;
}

/**
 * Gathers a run for the collector that the environment names.
 *
 * @param version - release of this package
 * @param onProblem - told what cannot be sent
 */
export function telemetry(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
  clock: Clock,
  onProblem: (message: string) => void,
): Telemetry {
  const { destinations, attributes, parent, problems } = telemetrySettings(env);
  for (const problem of problems) onProblem(`OpenTelemetry: ${problem}`);
  const origin: Origin = { attributes, scope: { name: 'tfjs-pipelines', version } };
  const view = new RunView();
  const trace = new RunTrace(parent, view);
  let endedAt: number | undefined;
  return {
    report: (event) => {
      const now = clock.now();
      view.apply(event, now);
      trace.apply(event, now);
      if (event.type === 'run-ended') endedAt = now;
    },
    close: () => undefined,
    send: async (stop) => {
      if (endedAt === undefined) return;
      const messages: Readonly<Record<Signal, object>> = {
        traces: tracesMessage(origin, trace.spans),
        metrics: metricsMessage(origin, runGauges(view), endedAt),
      };
      const sent = Object.entries(destinations).map(async ([signal, destination]) => {
        const name = `${signal} ${trace.traceId}`;
        const problem = await deliver(destination, messages[signal as Signal], name, stop);
        const { origin: host, pathname } = new URL(destination.url);
        if (problem !== undefined)
          onProblem(`OpenTelemetry: ${signal} were not sent to ${host}${pathname}: ${problem}`);
      });
      await Promise.all(sent);
    },
  };
}
