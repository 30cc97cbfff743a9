"""Child runs on this machine, in forks of a process that has imported what they need."""
