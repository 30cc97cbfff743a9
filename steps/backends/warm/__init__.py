"""Child runs in forks of a process that has imported everything already, on this machine."""
