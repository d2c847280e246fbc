"""What ships: the codec, a bundle a task, example clips; installed as ``audiotok.shipped``."""
