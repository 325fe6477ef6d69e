"""Transport: the Celery application, publishing of messages, and the order of queues."""
