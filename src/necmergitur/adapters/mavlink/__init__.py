"""Ground-station side of MAVLink 2: links to vehicles, the arming guard, and the rehearsed flight."""
