enum DigestRoom {}
