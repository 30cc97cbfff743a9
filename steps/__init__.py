"""The steps of this project: one module for each entry point that MLproject declares, and the rooms behind them."""
