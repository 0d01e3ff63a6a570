"""The pages of the desk: the frame around all of them, the queue, and the page of one conversation."""
