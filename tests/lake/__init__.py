"""Tests of the lake: what a value reads as, what a projection holds, and that answers are exact as of now."""
