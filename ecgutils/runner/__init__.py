"""The notebooks through papermill, and their pages."""
