"""The catalogue: tasks, TUIs, models, plugins, toolchains and sweeps as data, validated."""
