enum ThumbnailsRoom {}
