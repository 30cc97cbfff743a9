"""The project as a folder: its environment and git repository; paths, secrets and packages of stores."""
