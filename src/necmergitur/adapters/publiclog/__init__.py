"""The public log on disk and on the wire: tiles, the notary that signs checkpoints, witnesses, proofs, exports."""
