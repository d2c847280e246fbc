"""What makes a bundle: data in, trained models out."""
