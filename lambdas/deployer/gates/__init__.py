"""What a release has to pass before it is planned; each fails closed: what cannot be asked is not passed."""
