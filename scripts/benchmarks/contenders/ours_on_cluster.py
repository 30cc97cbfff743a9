"""A named study of this project on a Ray cluster of two nodes, with a tracking server."""

import json

from scripts.benchmarks.contenders.on_cluster import OnCluster
from scripts.benchmarks.contenders.ours import OursOnServer
from tests.e2e.cluster import HEAD, PORT


class OursOnCluster(OnCluster, OursOnServer):
    """`-P backend=ray`; the trials are to be those of one machine."""

    def prepare(self) -> None:
        self.start_cluster()
        OursOnServer.prepare(self)
        (self.folder / "ray.json").write_text(json.dumps({"address": f"{HEAD}:{PORT}"}))

    def places(self) -> dict[str, object]:
        return {"backend": "ray", "backend_config": self.folder / "ray.json"}
