"""What happens to feeds: pulled, published, registered, moderated."""
