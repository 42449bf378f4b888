"""Where data enters and leaves a drawing or a block."""
