"""The class board: the teacher's page, and how phones join and send their rounds."""
