"""Writes ONNX models in the layout of BentoML 1.1's model store, the same bytes on each run."""

from importlib.metadata import version as installed
from pathlib import Path

import yaml

STORE = Path(__file__).parent / "store" / "models"
CREATION_TIME = "2024-01-15T09:30:00.000000+00:00"


def save(name, version, onnx_bytes, *, labels=None, metadata=None):
    folder = STORE / name / version
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.onnx").write_bytes(onnx_bytes)
    (folder / "model.yaml").write_text(
        yaml.safe_dump(
            {
                "name": name,
                "version": version,
                "module": "bentoml.onnx",
                "labels": labels or {},
                "options": {},
                "metadata": metadata or {},
                "context": {
                    "framework_name": "onnx",
                    "framework_versions": {
                        package: installed(package) for package in ("onnx", "onnxruntime")
                    },
                    "bentoml_version": "1.1.11",
                    "python_version": "3.11.7",
                },
                # A pair: one number, which save_model takes, cannot be read back from the file.
                "signatures": {"run": {"batchable": True, "batch_dim": [0, 0]}},
                "api_version": "v1",
                "creation_time": CREATION_TIME,
            },
            sort_keys=False,
        )
    )
    (folder.parent / "latest").write_text(version)
    print(f"{name}:{version} {len(onnx_bytes)} bytes")
