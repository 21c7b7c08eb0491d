"""From a need to a deployed solution: how texts, people and teams are matched. Pure rules; rows live in `web`."""
