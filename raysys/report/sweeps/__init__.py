"""Figures of sweeps: trials, parallel coordinates, importance."""
