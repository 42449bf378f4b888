"""What `make bench` measures: ratios against a reference in the same process, never bare times."""
