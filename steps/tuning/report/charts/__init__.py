"""The charts of a study, as Vega-Lite specs in plain dicts; each module but for the shared ones draws one of them."""
