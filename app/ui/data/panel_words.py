"""What the panel for data says where it has nothing to show."""

EMPTY = "There is no data in this drawing yet. Drop a folder, a zip or a file on the window, or choose one here."
LOADING = "torch is still loading. The samples come in a moment."
READING = "Reading {name}…"
OF_WORDS = "Texts are words in a row, so there are no single features."
MANY = "There are no single features: each sample has too many numbers."
WAITING = "All samples are looked through when the training has ended."
ENDLESS = "This data is drawn anew for each batch, so there is no end to look through."
