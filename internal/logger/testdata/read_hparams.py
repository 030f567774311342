"""Reads run folders with the backend of TensorBoard's HPARAMS page, prints each run's
status, settings and metrics, and fails where a run lacks a wanted one.

    python read_hparams.py ROOT [run name[=value] ...]

A run is named by its folder below ROOT; its status is wanted as `status=SUCCESS`. Numbers
are equal where their float32 are.
"""
import struct
import sys

from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups


def read(root):
    """The names of settings and metrics that the page has columns for, and the runs."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(root)
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, root)
    backend = backend_context.Context(base_plugin.TBContext(data_provider=provider, logdir=root))
    statuses = [number for _, number in api_pb2.Status.items()]
    page = list_session_groups.Handler(
        context.RequestContext(), backend, "", api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=100, allowed_statuses=statuses)
    ).run()
    experiment = get_experiment.Handler(context.RequestContext(), backend, "", api_pb2.GetExperimentRequest()).run()
    columns = {i.name for i in experiment.hparam_infos} | {i.name.tag for i in experiment.metric_infos}
    runs = {}
    for group in page.session_groups:
        values = {name: getattr(v, v.WhichOneof("kind")) for name, v in group.hparams.items()}
        for metric in group.metric_values:
            values[metric.name.tag] = metric.value
        (session,) = group.sessions
        values["status"] = api_pb2.Status.Name(session.status).removeprefix("STATUS_")
        runs[session.name] = values
    return columns | {"status"}, runs


def alike(got, want):
    try:
        return struct.pack("f", float(got)) == struct.pack("f", float(want))
    except ValueError:
        return str(got) == want


def main(root, run, wanted):
    columns, runs = read(root)
    for name, values in sorted(runs.items()):
        print(f"{name}:", ", ".join(f"{k}={v:.9g}" if isinstance(v, float) else f"{k}={v}" for k, v in sorted(values.items())))
    for want in wanted:
        name, _, value = want.partition("=")
        if name not in columns:
            sys.exit(f"{name} is no column; there are {sorted(columns)}")
        if name not in runs.get(run, {}):
            sys.exit(f"run {run} has no {name}")
        if value and not alike(runs[run][name], value):
            sys.exit(f"run {run}: {name} is {runs[run][name]}, and not {value}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
