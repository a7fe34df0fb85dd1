"""Where records come from while they are being written: files that grow, OTLP over HTTP, Kafka."""
