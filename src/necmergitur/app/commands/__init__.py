"""The commands of `nec`: each module defines `command`."""
