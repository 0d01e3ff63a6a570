"""Who may come in: accounts, sessions, and what somebody may do, see and has done."""
