"""What several sources share to read files of the user. Libraries are imported inside the functions that use them."""
