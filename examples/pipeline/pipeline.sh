#!/usr/bin/env bash
# Two programs and a file between them: bash pipeline.sh <components> <neighbors>
set -euo pipefail

python reduce.py "$1" >reduced.json
python classify.py "$2" <reduced.json | tee scores.txt
