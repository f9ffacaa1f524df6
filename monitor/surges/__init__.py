"""Early warning: stories that suddenly get more voices than they should."""
