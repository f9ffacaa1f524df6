"""What leaves the desk: mail and signed calls, through one outbox."""
