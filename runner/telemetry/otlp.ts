/**
 * Messages of OpenTelemetry's protocol in its JSON form: bytes as hexadecimal digits, 64-bit integers as text, names in
 * camel case.
 *
 * Source: opentelemetry-proto, opentelemetry/proto/{trace,metrics,common}/v1, and "JSON Protobuf Encoding" of the OTLP
 * specification.
 */

/** Attributes by name; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A stretch of time with a name; times are milliseconds since 1970. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly timeMs: number; readonly attributes: Attributes }[];
  /** Undefined when nothing went wrong. */
  readonly error: string | undefined;
}

/** A measured value for each of several things. */
export interface Gauge {
  readonly name: string;
  readonly description: string;
  /** In UCUM: `s`, `By`, `1`. */
  readonly unit: string;
  readonly points: readonly { readonly attributes: Attributes; readonly value: number }[];
}

/** What a message comes from. */
export interface Origin {
  readonly attributes: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
}

/** SPAN_KIND_INTERNAL */
const INTERNAL = 1;

/** STATUS_CODE_ERROR */
const ERROR = 2;

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds)) * 1_000_000n);
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function keyValues(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function spanMessage(span: Span): object {
  const { traceId, spanId, parentSpanId, name, error } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: INTERNAL,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: keyValues(span.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: nanoseconds(event.timeMs),
      attributes: keyValues(event.attributes),
    })),
    status: error === undefined ? {} : { code: ERROR, message: error },
  };
}

/** ExportTraceServiceRequest */
export function tracesMessage({ attributes, scope }: Origin, spans: readonly Span[]): object {
  const resource = { attributes: keyValues(attributes) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(spanMessage) }] }] };
}

/** ExportMetricsServiceRequest */
export function metricsMessage({ attributes, scope }: Origin, gauges: readonly Gauge[], timeMs: number): object {
  const resource = { attributes: keyValues(attributes) };
  const metrics = gauges
    .filter(({ points }) => points.length > 0)
    .map(({ name, description, unit, points }) => ({
      name,
      description,
      unit,
      gauge: {
        dataPoints: points.map((point) => ({
          attributes: keyValues(point.attributes),
          timeUnixNano: nanoseconds(timeMs),
          asDouble: point.value,
        })),
      },
    }));
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}
