"""Letters on paper: from the words of a message to the pages that a print service takes."""
