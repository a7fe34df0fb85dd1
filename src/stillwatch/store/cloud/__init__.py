"""Files in cloud stores, through Arrow's own clients: S3 and what speaks its protocol, Google Cloud Storage, Azure."""
