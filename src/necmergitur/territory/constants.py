"""Every number the territory room relies on, with its source."""

from datetime import timedelta

# --- What a city asks for (the programme's brief: 240 drones, 20,000 buttons) ---
DEFAULT_ZONES = 240
DEFAULT_BUTTONS = 20_000
# Bounds on the same two: ten times what is asked (built in 15 s on 900 km2).
MAX_ZONES = 2_400
MAX_BUTTONS = 200_000

# Share of the demand spread evenly over the ground, the rest along the streets. Measured on Paris (240
# docks, 15 m/s): 0 leaves the ground at 193 s p95; 1 costs the streets 2.4 s of mean; 0.5 is within 0.3 s
# of the best mean over the ground and 1.1 s of the best along the streets.
DEFAULT_AREA_SHARE = 0.5

# --- Flight, for siting and bounds (dispatch research, section 3: assumptions of the 42/52 s table) ---
CRUISE_SPEED_M_S = 15.0
ACCELERATION_M_S2 = 3.0
LAUNCH_S = 20.0

# --- Discretisation ---
# Lattice points that stand for the whole ground, for each zone (about 60 m apart on Paris with 240; four
# times as many take 2.5 times as long and move the means by 0.1 s), and the least and most in all.
AREA_POINTS_PER_ZONE = 125
LEAST_AREA_POINTS = 5_000  # as above
MOST_AREA_POINTS = 120_000  # as above
# Longest piece of street weighed as one point.
PIECE_M = 20.0
# Largest number of street pieces, so that a whole country by mistake cannot fill the memory.
MAX_PIECES = 4_000_000
# Coordinates of cut polygons are multiples of this (1e-7 degree = 1.1 cm at the equator).
GRID_DEG = 1e-7
GRID_DECIMALS = 7  # as above
# Two zones are neighbours, and two pieces are joined, when they share at least this much border.
MIN_SHARED_BORDER_M = 1.0
# A hole in the union of the quarters smaller than this is a drawing gap, not an enclave: our choice,
# between the gaps in the Paris sample (below 0.02 m2) and an enclave like Vatican City (above 400,000 m2).
MAX_DRAWING_GAP_M2 = 1_000.0

# A closed ring has at least four positions, the last as the first (RFC 7946, 3.1.6); an open one three.
MIN_RING_POSITIONS = 4
MIN_RING_SIDES = 3  # as above

# --- Siting (Lloyd iterations on squared distance, then relocations; measured on Paris, 0.8 s) ---
LLOYD_FIRST = 15
LLOYD_BETWEEN = 8
LLOYD_LAST = 25
RELOCATION_ROUNDS = 12
RELOCATIONS_PER_ROUND = 12
# A dock worth less than this share of the costliest dock's load is moved there (halving a cell's side
# divides its squared-distance cost by about 2, so less than half is certain to pay).
RELOCATION_GAIN = 0.45
# A dock is put on the nearest street when one is this close: kerb power and access. Measured on Paris:
# costs 0.02 s of mean.
DOCK_TO_STREET_M = 40.0

# A post already standing stays in a new import when a street passes this close: half the widest avenue's
# 120 m (Avenue Foch).
STANDING_TO_STREET_M = 60.0

# --- Zoning ---
# Caps tried on a zone's street length, as a multiple of the mean, tightest first: the first one that
# leaves every dock inside its own zone is kept.
BALANCE_CAPS = (1.1, 1.15, 1.175, 1.2, 1.25, 1.3, 1.5, 2.0, 3.0)
# Docks a street may go to, steps of the search and its memory: twice as many of each moved the fullest zone
# of Paris by less than 0.01 of the mean, for four times the time.
BALANCE_CANDIDATES = 12
BALANCE_ITERATIONS = 80  # as above
BALANCE_MEMORY = 8  # as above
# Docks whose borders are cut first for a cell of the power diagram (it has 6 sides on average)...
CELL_RIVALS = 17
# ...and the most clipping steps after those; more is a broken invariant.
MAX_CELL_SIDES = 400

# --- What a source may hold (our choice: about a hundred times Paris) ---
MAX_QUARTERS = 5_000
MAX_JUNCTIONS = 1_000_000
MAX_STREETS = 2_000_000
# Beyond this the local plane is no longer good to 1 % (LocalPlane: 0.1 % within 20 km).
MAX_SPAN_M = 150_000.0
MIN_AREA_M2 = 10_000.0
# The least ground for one zone on average: our choice, a block of 50 m; no drone serves less.
MIN_ZONE_M2 = 2_500.0
# Longest street between two junctions: the longest bridge-and-causeway blocks are below 40 km.
MAX_STREET_M = 50_000.0
# Streets outside the territory, and in pieces cut off from the main network, as a share of length.
# Paris: 0.2 % outside (streets along the ring road), none cut off.
MAX_OUTSIDE_SHARE = 0.02
MAX_CUT_OFF_SHARE = 0.02
# Two quarters may overlap by this share of the smaller one (digitising noise; Paris: 0.05 m2 in all).
MAX_OVERLAP_SHARE = 0.01

# --- Airspace ---
# Half-width of the corridor checked around a straight route: our choice, the accuracy of a GNSS fix in a
# street canyon (10-20 m) and the width of a turn at 15 m/s, rounded up.
CORRIDOR_M = 30.0
# Height kept clear above and below the cruise height: our choice, a barometer's drift over a mission.
HEIGHT_MARGIN_M = 15.0
# How far ahead zones must stay open, and how often that is looked at: 12 min on scene plus both flights.
MISSION_LASTS = timedelta(minutes=20)
MISSION_STEP = timedelta(minutes=5)  # as above
# Zones and routes beyond this from the city's middle are not drawn; as wide as a city may be.
REACH_M = 150_000.0
# Lowest and highest ground on Earth (Dead Sea shore, Everest), when the city's own is not given:
# everything that might apply, does.
LOWEST_GROUND_AMSL_M = -440.0
HIGHEST_GROUND_AMSL_M = 8_849.0  # as above
# The WGS84 ellipsoid and mean sea level differ by -107 to +86 m (EGM2008).
GEOID_MARGIN_M = 110.0
FEET_TO_M = 0.3048  # exact, international foot (1959)
# How old a set may be that does not say how long it holds (ED-269 has no such field): one AIRAC cycle, after which
# aeronautical data is published anew (ICAO Annex 15, 6.2: 28 days).
GEOZONES_LAST = timedelta(days=28)
MAX_GEOZONES = 50_000  # our choice: far above one country's file

# --- Re-import ---
# A dock or button that moved less than this kept its place: our choice, no post is surveyed better.
KEPT_WITHIN_M = 1.0
# Up to this it is the same one, moved: a little over the spacing of buttons on Paris (98 m), and of docks
# (660 m); beyond, the old one is retired and a new one added.
RECOGNISE_BUTTON_M = 120.0
RECOGNISE_DOCK_M = 800.0  # as above
REIMPORT_CANDIDATES = 8  # our choice: nearest old ones looked at for each new one
# Zones are the same from this overlap over union on, and redrawn below the second figure.
RECOGNISE_OVERLAP = 0.2
REDRAWN_BELOW = 0.999  # as above
