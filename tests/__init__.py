"""Tests of Netloom."""
