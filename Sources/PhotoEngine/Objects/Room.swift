enum ObjectsRoom {}
