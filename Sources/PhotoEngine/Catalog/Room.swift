enum CatalogRoom {}
