"""The contract: recorded exchanges, and what every resource and route must do."""
