"""What staff decide about a debt: forms, four eyes, and the events they become."""
