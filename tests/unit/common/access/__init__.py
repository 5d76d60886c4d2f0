"""Tests of what decides who may."""
