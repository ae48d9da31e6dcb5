"""What is proven of the library, and how: see docs/firmware.md."""
