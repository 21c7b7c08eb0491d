"""Alarm receivers of other makes: SIA DC-09 panels and LoRaWAN buttons become calls like any other."""
