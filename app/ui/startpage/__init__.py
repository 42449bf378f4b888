"""The page one starts from: templates, recent files, a new drawing."""
