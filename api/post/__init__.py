"""What the print-and-mail service tells of letters."""
