"""Who is acting, what they may do, and the keys that sign tokens."""
