"""What the library costs on microcontrollers: flash, RAM, stack and instructions, beside the targets."""
