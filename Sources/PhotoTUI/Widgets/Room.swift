enum WidgetsRoom {}
