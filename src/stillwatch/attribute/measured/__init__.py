"""Measurements of groups: table `group_features`, a file for each kind of evidence."""
