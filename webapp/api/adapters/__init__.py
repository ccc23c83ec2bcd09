"""Addresses and shapes of other products, so that programs written for them go on working: one file for each product."""
