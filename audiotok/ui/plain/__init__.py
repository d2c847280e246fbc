"""Pages without Gradio, which are light enough for thirty phones and survive a sleeping tab."""
