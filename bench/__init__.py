"""Benchmarks to run in a clone: `make bench`, `make instructions`. What an installed thingpost measures is thingpost.bench."""
