enum ImagingRoom {}
