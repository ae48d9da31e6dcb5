"""Builds wheels for other machines with Zig's C compiler, inspects them, and runs them under emulation."""
