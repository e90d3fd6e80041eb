"""Reads messages of OpenTelemetry by its own protocol definitions, and metrics by Prometheus' own parser.

    check_telemetry.py traces|metrics FILE    a message in OTLP's JSON
    check_telemetry.py prometheus FILE        a file for the textfile collector

Prints what was found, as JSON. Unknown fields and wrong kinds of values are errors.
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

IDENTIFIERS = ("traceId", "spanId", "parentSpanId")


def standard(value):
    """OTLP's JSON has identifiers in hexadecimal digits, where that of protobuf has base64; nothing else differs."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(inner)).decode() if key in IDENTIFIERS else standard(inner)
            for key, inner in value.items()
        }
    return [standard(item) for item in value] if isinstance(value, list) else value


def traces(text):
    message = json_format.ParseDict(standard(json.loads(text)), ExportTraceServiceRequest())
    spans = [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]
    return [
        {
            "name": span.name,
            "ids": [len(span.trace_id), len(span.span_id), len(span.parent_span_id)],
            "status": span.status.code,
            "kind": span.kind,
            "attributes": len(span.attributes),
            "ordered": 0 < span.start_time_unix_nano <= span.end_time_unix_nano,
        }
        for span in spans
    ]


def metrics(text):
    message = json_format.ParseDict(standard(json.loads(text)), ExportMetricsServiceRequest())
    found = [
        metric for resource in message.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics
    ]
    return [
        {"name": metric.name, "unit": metric.unit, "kind": metric.WhichOneof("data"), "points": len(metric.gauge.data_points)}
        for metric in found
    ]


def prometheus(text):
    return [
        {"name": sample.name, "labels": sample.labels, "value": sample.value, "type": family.type}
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


kind, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    print(json.dumps({"traces": traces, "metrics": metrics, "prometheus": prometheus}[kind](file.read())))
