"""Surfaces: convert input, make one service call, render what came back."""
