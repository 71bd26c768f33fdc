"""A file in, a Record out; nothing is believed before it is compared with the file."""
