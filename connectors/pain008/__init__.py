"""Collections as the bank takes them: pain.008.001.02 files, checked before they leave."""
