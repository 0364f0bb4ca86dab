enum DuplicatesRoom {}
