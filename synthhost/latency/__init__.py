"""Key-to-sound: measured by ourselves, stage by stage."""
