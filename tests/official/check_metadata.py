"""Opens a metadata file with Google's ml_metadata, and prints what it sees, as JSON.

    check_metadata.py read FILE     types, artifacts, executions, contexts, events, and the lineage of every model
    check_metadata.py write FILE    records an execution as another program would; prints its output's id
"""

import json
import sys

from ml_metadata import ListOptions
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto


def open_store(path, mode):
    config = proto.ConnectionConfig()
    config.sqlite.filename_uri = path
    config.sqlite.connection_mode = getattr(proto.SqliteMetadataSourceConfig, mode)
    return metadata_store.MetadataStore(config)


def plain(value):
    return getattr(value, value.WhichOneof("value"))


def properties(thing):
    return {name: plain(value) for name, value in thing.properties.items()}


def steps(event):
    return [plain(step) for step in event.path.steps]


def lineage(store, artifact):
    options = proto.LineageSubgraphQueryOptions()
    options.starting_artifacts.filter_query = f"id = {artifact.id}"
    options.max_num_hops = 20
    options.direction = proto.LineageSubgraphQueryOptions.Direction.UPSTREAM
    graph = store.get_lineage_subgraph(options)
    return sorted(a.id for a in graph.artifacts)


def read(path):
    store = open_store(path, "READONLY")
    executions = store.get_executions()
    events = store.get_events_by_execution_ids([execution.id for execution in executions])
    contexts = store.get_contexts()
    models = store.get_artifacts(list_options=ListOptions(limit=100, filter_query="type = 'Model' AND state = LIVE"))
    print(
        json.dumps(
            {
                "types": {
                    artifact_type.name: sorted(artifact_type.properties) for artifact_type in store.get_artifact_types()
                },
                "artifacts": [
                    {
                        "id": artifact.id,
                        "type": artifact.type,
                        "uri": artifact.uri,
                        "state": proto.Artifact.State.Name(artifact.state),
                        "properties": properties(artifact),
                    }
                    for artifact in store.get_artifacts()
                ],
                "executions": [
                    {
                        "id": execution.id,
                        "type": execution.type,
                        "state": proto.Execution.State.Name(execution.last_known_state),
                    }
                    for execution in executions
                ],
                "events": [
                    [proto.Event.Type.Name(event.type), event.execution_id, event.artifact_id, *steps(event)]
                    for event in events
                ],
                "contexts": [
                    {
                        "type": context.type,
                        "name": context.name,
                        "executions": len(store.get_executions_by_context(context.id)),
                        "artifacts": len(store.get_artifacts_by_context(context.id)),
                        "parents": [parent.type for parent in store.get_parent_contexts_by_context(context.id)],
                    }
                    for context in contexts
                ],
                "lineage": {model.id: lineage(store, model) for model in models},
            }
        )
    )


def write(path):
    store = open_store(path, "READWRITE")
    execution_type = proto.ExecutionType(name="another.Program")
    execution_type.properties["note"] = proto.STRING
    execution = proto.Execution(
        type_id=store.put_execution_type(execution_type), name="another-1", last_known_state=proto.Execution.COMPLETE
    )
    execution.properties["note"].string_value = "h\u00e9"
    model_type = store.get_artifact_type("Model")
    model = proto.Artifact(type_id=model_type.id, uri="file:///another/model", state=proto.Artifact.LIVE)
    event = proto.Event(type=proto.Event.OUTPUT)
    event.path.steps.add().key = "model"
    event.path.steps.add().index = 0
    _, artifact_ids, _ = store.put_execution(execution, [(model, event)], store.get_contexts_by_type("pipeline"))
    print(json.dumps(artifact_ids))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](sys.argv[2])
