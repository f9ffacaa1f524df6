"""What stands behind the one door to the network (``monitor.http``)."""
