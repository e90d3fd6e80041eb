/**
 * Sends a run to a collector of OpenTelemetry when it has ended: one message for its trace and one for its metrics, as
 * JSON over HTTP. A collector that cannot be reached is told, and is no failure of the run.
 *
 * A run is a handful of messages that are all known at its end. OpenTelemetry's own packages, twenty-odd of them, are made
 * for services that sample and batch for as long as they live; here they would be most of what is installed for it.
 */
import { errorMessage } from '../../artifacts/system-error.js';
import type { Clock, Reporter } from '../reporting/reporter.js';
import { RunView } from '../reporting/run-view.js';
import { metricsMessage, tracesMessage, type Origin } from './otlp.js';
import { runGauges } from './run-gauges.js';
import { RunTrace } from './run-trace.js';
import { telemetrySettings, type Destination, type Signal } from './settings.js';

/** A reporter that has to send what it gathered. */
export interface Telemetry extends Reporter {
  /** Sends what there is; never rejects. */
  readonly send: () => Promise<void>;
}

/** What a receiver says of what it did not take. */
interface Answer {
  readonly partialSuccess?: { readonly errorMessage?: string };
}

/** What went wrong; undefined when all was taken. */
async function post({ url, headers, timeoutMs }: Destination, message: object): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(message),
      // The headers may hold a token, which is for this address.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) return `it answered with status ${String(response.status)}`;
    const refused = text.startsWith('{') ? (JSON.parse(text) as Answer).partialSuccess?.errorMessage : undefined;
    return refused === undefined || refused === '' ? undefined : `it did not take all: ${refused}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? errorMessage(error.cause) : '';
    return cause === '' ? errorMessage(error) : cause;
  }
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
  const trace = new RunTrace(parent);
  let endedAt: number | undefined;
  return {
    report: (event) => {
      const now = clock.now();
      view.apply(event, now);
      trace.apply(event, now);
      if (event.type === 'run-ended') endedAt = now;
    },
    close: () => undefined,
    send: async () => {
      if (endedAt === undefined) return;
      const messages: Readonly<Record<Signal, object>> = {
        traces: tracesMessage(origin, trace.spans),
        metrics: metricsMessage(origin, runGauges(view), endedAt),
      };
      const sent = Object.entries(destinations).map(async ([signal, destination]) => {
        const problem = await post(destination, messages[signal as Signal]);
        const { origin: host, pathname } = new URL(destination.url);
        if (problem !== undefined)
          onProblem(`OpenTelemetry: ${signal} were not sent to ${host}${pathname}: ${problem}`);
      });
      await Promise.all(sent);
    },
  };
}
