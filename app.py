"""The page: speak a sentence, see how the voice changes what a language model makes of it.

The same as ``audiotok app``; Hugging Face Spaces looks for this file.
"""

import sys

from audiotok.ui.app import main

if __name__ == "__main__":
    sys.exit(main())
