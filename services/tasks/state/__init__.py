"""What a task's rows add up to: its status, its dates, its duration."""
