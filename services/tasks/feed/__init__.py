"""What people hear of: notifications, subscriptions, news."""
