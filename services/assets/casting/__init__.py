"""What appears where: castings read, replaced and told of."""
