enum ContractsRoom {}
