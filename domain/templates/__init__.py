"""Message texts, the words of the law, and how money, dates and lists read in a language."""
