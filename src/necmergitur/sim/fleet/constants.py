"""Named figures of the simulated fleet, each with its source. Flight times live in `dispatch.flight_time`."""

# --- airframe (typical 1 to 2 kg docked quadcopter; manufacturers' published figures, rounded) ---
MAX_AIRSPEED_M_S = 20.0
DESCENT_M_S = 3.0
FINAL_DESCENT_M_S = 1.0
FINAL_DESCENT_BELOW_M = 5.0
GIMBAL_RATE_DEG_S = 60.0
GIMBAL_DOWN_DEG, GIMBAL_UP_DEG = -90.0, 30.0
AT_DOCK_M = 2.0  # the pad's half width
CLIMBING_M_S = 0.5
MAX_STEP_S = 0.1  # longer steps are cut, so that the braking law stays stable

# --- battery: 12 minutes on scene cost 60 %, the flight out and back about 6 %, 30 % stay in reserve ---
HOVER_DRAIN_PCT_PER_S = 5.0 / 60.0
# Power grows with airspeed; at 15 m/s a quadcopter draws about 1.3 times hover (blade theory's usual figure).
SPEED_DRAIN_PER_M_S_SQUARED = 0.3 / 225.0
CLIMB_DRAIN_FACTOR = 1.5
LOW_BATTERY_RETURN_PCT = 20.0  # the vehicle's own failsafe, below the ground's 25 %
CRITICAL_BATTERY_LAND_PCT = 7.0
CELLS_FULL_V, CELLS_EMPTY_V = 25.2, 19.8  # six lithium cells

# --- wind ---
GUST_SHARE = 0.35  # standard deviation of gusts over mean wind (urban boundary layer, Eurocode EN 1991-1-4 4.4)
GUST_CORRELATION_S = 4.0  # as above: gusts of a few seconds
DRIFT_SHARE = 0.15  # part of a gust that a position controller lets through as ground velocity

# --- failsafes on the vehicle ---
# Without a ground heartbeat for this long it levels the camera, stops recording and returns (ArduPilot's
# FS_GCS_TIMEOUT is 5 s; ten leaves room for a restarted engine to take over again).
GROUND_LOST_S = 10.0
FENCE_MARGIN_M = 2.0  # ours: it turns back this far inside, as GNSS is good to about 2 m

# --- protocol ---
TICK_S = 0.125  # eight messages a second, one each tick
MAX_RATE_HZ = 8  # ours: the rate the fleet bench is stated for
FULL_BATTERY_PCT = 100.0  # by definition
MAX_PARAM = 1000.0  # ours: no parameter we know is larger
MIN_FENCE_ITEMS = 3  # a polygon has three corners
MAX_TIME_SCALE = 60.0  # ours: faster, the links time out
MAX_FENCE_ITEMS = 84  # ArduPilot's smallest boards
ITEM_TIMEOUT_S = 0.25  # MAVLink "Mission protocol": 250 ms for each item
ITEM_ATTEMPTS = 5  # MAVLink "Mission protocol": 5 retries

# --- faults ---
GPS_GLITCH_M = 80.0  # ours: a multipath jump between tall buildings
BATTERY_SAG_PCT = 15.0  # ours: one weak cell under load

# --- camera ---
FRAME_WIDTH_PX, FRAME_HEIGHT_PX = 640, 360  # ours: nHD, enough to tell a person from a car
FRAMES_PER_S = 4.0  # ours: enough to see movement, cheap to draw
JPEG_QUALITY = 70  # ours: small frames, no visible blocks
HORIZONTAL_FIELD_DEG = 78.0  # ours: a wide camera
MAX_VIEWERS = 4  # ours: pilot, operator, lead and responder
MAX_REQUEST_BYTES = 8192  # ours: a GET with its headers
MAX_DRAWN_STREETS = 200  # ours: more are one grey mass at this size
SCENE_PEOPLE = 12  # ours: at most so many figures in a drawn scene
SCENE_CELL_DEG = 0.002  # ours: streets are sorted into cells of about 200 m
SOFTWARE = 0x010F0000  # 1.15.0, as AUTOPILOT_VERSION says it
