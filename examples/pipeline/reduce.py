"""Write the wines, each as so many numbers, and their classes to stdout: python reduce.py <components>."""

import json
import sys

from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

x, y = load_wine(return_X_y=True)
reduced = make_pipeline(StandardScaler(), PCA(int(sys.argv[1]), random_state=42)).fit_transform(x)
json.dump({"x": reduced.tolist(), "y": y.tolist()}, sys.stdout)
