enum GridRoom {}
