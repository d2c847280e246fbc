"""The page: Gradio and nothing else."""
