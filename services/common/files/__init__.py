"""Files and pictures: where they lie and how a service sends and receives them."""
