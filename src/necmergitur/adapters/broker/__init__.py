"""The MQTT and NATS broker: its files, its process, and what each device may say."""

from necmergitur.adapters.broker.files import (
    DeviceCert,
    ShardPorts,
    shard_of,
    write_broker_files,
    write_device_users,
    write_user_map,
)
from necmergitur.adapters.broker.process import BrokerFailed, BrokerProcess, reload_broker

__all__ = [
    "BrokerFailed",
    "BrokerProcess",
    "DeviceCert",
    "ShardPorts",
    "reload_broker",
    "shard_of",
    "write_broker_files",
    "write_device_users",
    "write_user_map",
]
