"""What pages are measured against: the least that a Django view can cost, and the wizard that people would pick."""
