"""Tables in either home: how values are kept, rows made of frames and frames of rows, and what tables come to as fingerprints."""
