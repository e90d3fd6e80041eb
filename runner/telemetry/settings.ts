/**
 * Where telemetry goes, by the standard variables of OpenTelemetry.
 *
 * Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter", "Environment Variable Specification", and
 * "Environment Variables as Context Propagation Carriers".
 */

type Env = Readonly<Record<string, string | undefined>>;

/** What can be sent. */
export const SIGNALS = ['traces', 'metrics'] as const;

export type Signal = (typeof SIGNALS)[number];

/** Where one signal goes. */
export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The span that the run is a part of. */
export interface ParentSpan {
  readonly traceId: string;
  readonly spanId: string;
}

/** What the environment asks for. */
export interface TelemetrySettings {
  readonly destinations: Readonly<Partial<Record<Signal, Destination>>>;
  /** Of the resource: `service.name` and others. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly parent: ParentSpan | undefined;
  /** What is asked for and cannot be done. */
  readonly problems: readonly string[];
}

const SERVICE_NAME = 'tfjs-pipelines';

const TIMEOUT_MS = 10_000;

/** Whether any variable names a place to send to. */
export function telemetryWanted(env: Env): boolean {
  const names = ['OTEL_EXPORTER_OTLP_ENDPOINT', ...SIGNALS.map((signal) => variable(signal, 'ENDPOINT'))];
  return env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' && names.some((name) => (env[name] ?? '') !== '');
}

function variable(signal: Signal, name: string): string {
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`;
}

/** A variable of one signal, else that of all. */
function setting(env: Env, signal: Signal, name: string): string | undefined {
  for (const key of [variable(signal, name), `OTEL_EXPORTER_OTLP_${name}`]) {
    const value = env[key]?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Pairs as `key=value,key=value`, their values percent-encoded. */
function pairs(text: string | undefined, name: string, problems: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    if (pair.trim() === '') continue;
    const [key = '', ...rest] = pair.split('=');
    try {
      if (key.trim() === '' || rest.length === 0) throw new URIError();
      found[key.trim()] = decodeURIComponent(rest.join('=').trim());
    } catch {
      // Its text may be a secret.
      problems.push(`${name} holds what is no key=value with a percent-encoded value`);
    }
  }
  return found;
}

function urlOf(env: Env, signal: Signal): string | undefined {
  const own = env[variable(signal, 'ENDPOINT')] ?? '';
  if (own !== '') return own;
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  return base === '' ? undefined : `${base.replace(/\/+$/u, '')}/v1/${signal}`;
}

function destination(env: Env, signal: Signal, problems: string[]): Destination | undefined {
  const exporter = env[`OTEL_${signal.toUpperCase()}_EXPORTER`] ?? '';
  const url = urlOf(env, signal);
  if (url === undefined || (exporter !== '' && !exporter.split(',').includes('otlp'))) return undefined;
  const protocol = setting(env, signal, 'PROTOCOL') ?? 'http/json';
  // Receivers of OTLP over HTTP take JSON as well as binary messages.
  if (protocol !== 'http/json' && protocol !== 'http/protobuf') {
    problems.push(
      `${signal} are not sent by '${protocol}': set OTEL_EXPORTER_OTLP_PROTOCOL=http/json, usually port 4318`,
    );
    return undefined;
  }
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/u.test(address.protocol) || address.username + address.password !== '') {
    problems.push(`${signal} are not sent: the endpoint is no http or https address, or has a password in it`);
    return undefined;
  }
  const timeout = Number(setting(env, signal, 'TIMEOUT') ?? TIMEOUT_MS);
  return {
    url,
    headers: pairs(setting(env, signal, 'HEADERS'), 'OTEL_EXPORTER_OTLP_HEADERS', problems),
    timeoutMs: Number.isSafeInteger(timeout) && timeout > 0 ? timeout : TIMEOUT_MS,
  };
}

function parentOf(env: Env): ParentSpan | undefined {
  const [, traceId = '', spanId = ''] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/u.exec(env['TRACEPARENT'] ?? '') ?? [];
  const known = /[^0]/u.test(traceId) && /[^0]/u.test(spanId);
  return known ? { traceId, spanId } : undefined;
}

/** Reads the settings. What cannot be done is no error: telemetry must not keep a pipeline from running. */
export function telemetrySettings(env: Env): TelemetrySettings {
  const problems: string[] = [];
  const [traces, metrics] = SIGNALS.map((signal) => destination(env, signal, problems));
  const named = env['OTEL_SERVICE_NAME'] ?? '';
  return {
    destinations: { ...(traces === undefined ? {} : { traces }), ...(metrics === undefined ? {} : { metrics }) },
    attributes: {
      'service.name': SERVICE_NAME,
      ...pairs(env['OTEL_RESOURCE_ATTRIBUTES'], 'OTEL_RESOURCE_ATTRIBUTES', problems),
      ...(named === '' ? {} : { 'service.name': named }),
    },
    parent: parentOf(env),
    problems: [...new Set(problems)],
  };
}
