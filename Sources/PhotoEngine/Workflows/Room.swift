enum WorkflowsRoom {}
