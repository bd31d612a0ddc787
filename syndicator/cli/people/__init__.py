"""Commands about subscribers and what came back from them."""
