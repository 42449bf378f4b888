"""The bridge between work that takes time and the window: messages, their gathering, and the one owner of threads."""
