"""Named bounds and identifiers of this room, each with its source."""

from necmergitur.governance.constants import CEILING_MIN_M

# --- identity on the link (MAVLink "Routing": 255 is the conventional ground station, 190 MISSIONPLANNER) ---
GROUND_SYSTEM_ID = 255
GROUND_COMPONENT_ID = 190
AUTOPILOT_COMPONENT_ID = 1
CAMERA_COMPONENT_ID = 100  # MAV_COMP_ID_CAMERA
GIMBAL_COMPONENT_ID = 154  # MAV_COMP_ID_GIMBAL

# --- liveness (MAVLink "Heartbeat protocol": 1 Hz) ---
HEARTBEAT_S = 1.0
# Three missed heartbeats: the screen must say so before its own 3 s stale banner has been up for long.
LINK_LOST_S = 3.0
OPEN_WAIT_S = 5.0  # how long the start waits for links to open: a name server that does not answer takes longer
OPEN_AGAIN_S = 30.0  # a link that could not be opened (a name, a route) is tried again this often
# Window over which lost sequence numbers give a link quality; ten seconds at 8 messages/s is 80 samples.
QUALITY_WINDOW_S = 10.0

# --- commands (MAVLink "Command protocol": resend on timeout, confirmation incremented) ---
COMMAND_ACK_S = 0.5  # as MAVSDK's default
COMMAND_ATTEMPTS = 5  # "typically 3 to 5"
# How long a vehicle may say IN_PROGRESS: a dock door with ice on it.
COMMAND_PROGRESS_S = 30.0

# --- mission and parameter protocols (MAVLink "Mission protocol": 250 ms per item, 5 retries) ---
ITEM_TIMEOUT_S = 0.25
ITEM_ATTEMPTS = 5
# First answer of a transfer (MISSION_COUNT, final MISSION_ACK): 1500 ms recommended; loops of five stay short.
TRANSFER_TIMEOUT_S = 1.5
# A fence upload sends each vertex once; more requests than this means a vehicle that asks for ever.
MAX_ITEM_REQUESTS = 64 * ITEM_ATTEMPTS
# Tolerance on the ceiling read back: a 32-bit float parameter.
CEILING_TOLERANCE_M = 0.01
DEGREES_E7 = 1e7

# --- the rehearsed flight ---
DOCK_RADIUS_M = 5.0  # landed this near its dock counts as docked; docks' own precision landing is finer
# It lifts only from within this distance of its dock: wider than the above, because a receiver that stands still in
# a street canyon wanders by ten to fifteen metres (GPS SPS Performance Standard: 8 m at 95 % under an open sky).
AT_DOCK_M = 20.0
ARRIVED_M = 10.0  # nearly at rest above the scene: the camera may look down
CLIMBED_M = 1.0  # below the ordered altitude by less than this: the climb is over
SCENE_MARGIN_M = 5.0  # the camera stops this far inside the radius, so that wind never records outside it
LEVEL_TOLERANCE_DEG = 10.0  # camera "level" in transit: gimbal accuracy plus the vehicle's pitch in gusts
LEVEL_WAIT_S = 4.0  # a gimbal turns 90 degrees in 1.5 s; then leave anyway and let the breach be published
SCENE_PITCH_DEG = -90.0  # MAVLink: straight down
LEVEL_PITCH_DEG = 0.0  # MAVLink: the horizon
RETURN_BATTERY_PCT = 25.0  # a full-speed return over the longest leg costs under 5 %
MIN_ARM_BATTERY_PCT = 30.0  # the last gate, below the choice of drone: out, a short look, back, and a reserve
LINK_RECOVER_MAX_S = 600.0  # a vehicle silent longer than its battery's return leg is searched for by people
FLIGHT_MAX_S = 3600.0  # outer bound of the flight loop: three times a full battery
TICK_S = 1.0  # the flight looks again at least this often, even without a message
LOOK_S = 0.2  # and looks at most this often, whatever the message rate
LIFT_OFF_S = 15.0  # armed and ordered up, but still on the ground after this: stand down
MIN_ALTITUDE_M = 10.0  # a pilot may not order a drone lower without landing it
COMMAND_AGAIN_S = 2.0  # pause before an in-flight command that was refused is sent again
# After a start, vehicles already in the air are being adopted; they are not yet "without a mission".
ADOPTION_GRACE_S = 15.0
ADOPTION_WAIT_S = 30.0  # how long an adoption waits for a first word before the mission counts as link lost

# --- helicopter announced in the area: one constant is the rule ---
# Every drone airborne inside descends at once, by this much at most and never below the least height a flight is
# authorised at (above the roofs), and holds; rescue helicopters cross the city at 150 m or more (SERA.5005 f) and land
# only on cleared ground.
HELICOPTER_DESCENT_M = 20.0
HELICOPTER_FLOOR_M = CEILING_MIN_M
# 20 m at 3 m/s take 7 s; a drone not there after this lands where it is.
HELICOPTER_CLEAR_S = 15.0
FLOOR_TOLERANCE_M = 2.0
MAX_ANNOUNCED = 64  # more at once than any city has seen

# --- memory of flown missions (duplicate-flight guard): a year of missions at 100 an hour would be 876,000 ---
MAX_SPENT = 1_000_000
SOFTWARE_ASKED_MAX = 10  # ours: once a second after the link is up; a vehicle that does not say by then does not say
